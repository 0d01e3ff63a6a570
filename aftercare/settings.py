"""Settings, from environment variables and an `.env` file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from mail import SmtpMailer, parse_address
from storage import Database

PREFIX = "AFTERCARE_"
ROOT = Path(__file__).resolve().parent.parent
"""The folder of the checkout."""
SECRET_LENGTH = 32
"""The characters that a secret has at least."""


class SettingsError(Exception):
    """A wrong setting; the message names each by its variable."""


def _database_url(url: str, info: ValidationInfo) -> str:
    if url:
        Database(url)  # says what is wrong with it
    return url


def _redis_url(url: str, info: ValidationInfo) -> str:
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must begin with redis://, rediss:// or unix://")
    return url


def _http_url(url: str) -> str:
    if url and not url.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return url.rstrip("/")


def _smtp_url(url: str) -> str:
    if url:
        SmtpMailer(url)  # says what is wrong with it
    return url


def _mail_from(address: str) -> str:
    if address:
        parse_address(address)  # says what is wrong with it
    return address


def _secret(secret: SecretStr) -> SecretStr:
    if secret and len(secret.get_secret_value()) < SECRET_LENGTH:
        raise ValueError(f"must have at least {SECRET_LENGTH} characters")
    return secret


def _encryption_keys(keys: SecretStr) -> SecretStr:
    for key in keys.get_secret_value().split(",") if keys else ():
        _secret(SecretStr(key.strip() or "-"))
    return keys


def _medusa_key(key: SecretStr, info: ValidationInfo) -> SecretStr:
    if info.data.get("medusa_url") and not key:
        raise ValueError("is needed with AFTERCARE_MEDUSA_URL")
    return key


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError(f"there is no folder {path}")
    return path


def _file(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    return path


class Settings(BaseSettings):
    """Each field is the variable `AFTERCARE_<NAME>`; its description is the documentation."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", env_file_encoding="utf-8", extra="ignore")

    home: Path = Field(Path("var"), description="The folder of all state: database, models, mail, uploads.")
    database_url: Annotated[str, AfterValidator(_database_url)] = Field(
        "",
        description="`sqlite:///path/to/file.db` or `postgresql://user:password@host/database`; "
        "a SQLite file in the home folder unless set.",
    )
    redis_url: Annotated[str, AfterValidator(_redis_url)] = Field(
        "", description="`redis://host:6379/0`; needed when more than one process serves."
    )
    host: str = Field("localhost", description="The address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="The port to listen on.")
    public_url: Annotated[str, AfterValidator(_http_url)] = Field(
        "",
        description="The address under which customers reach the server, for links in chats and pages; "
        "`http://<host>:<port>` unless set.",
    )
    proxies: int = Field(
        0,
        ge=0,
        description="How many reverse proxies stand before the server, one behind the other. Visitors' addresses, by "
        "which limits count, are then read from the header `X-Forwarded-For` that the first of them begins.",
    )
    secret: Annotated[SecretStr, AfterValidator(_secret)] = Field(
        SecretStr(""),
        description="At least 32 random characters, with which links are signed and codes hashed; unless set, one is "
        "made at the first start and kept in the home folder.",
    )
    encryption_keys: Annotated[SecretStr, AfterValidator(_encryption_keys)] = Field(
        SecretStr(""),
        description="Keys of at least 32 random characters, separated by commas, for columns with personal data: the "
        "first encrypts, all decrypt (`docs/security.md`); the secret unless set.",
    )
    identity_secret: Annotated[SecretStr, AfterValidator(_secret)] = Field(
        SecretStr(""),
        description="At least 32 random characters, with which the shop's website signs who its customer is "
        "(`docs/identity.md`); unless set, nobody can be vouched for but by the demonstration shop's own pages.",
    )
    carrier_secret: Annotated[SecretStr, AfterValidator(_secret)] = Field(
        SecretStr(""),
        description="At least 32 random characters, with which carriers sign their scans (`POST /webhooks/carrier`, "
        "`docs/carriers.md`); unless set, none are taken.",
    )
    whatsapp_token: SecretStr = Field(
        SecretStr(""), description="The access token of the WhatsApp Business account (`docs/whatsapp.md`)."
    )
    whatsapp_app_secret: SecretStr = Field(
        SecretStr(""), description="The app secret with which Meta signs what it tells of WhatsApp."
    )
    whatsapp_verify_token: SecretStr = Field(
        SecretStr(""), description="What Meta has to name when it checks the address that WhatsApp's messages go to."
    )
    wechat_app_secret: SecretStr = Field(
        SecretStr(""), description="The app secret of the WeChat Official Account (`docs/wechat.md`)."
    )
    wechat_token: SecretStr = Field(SecretStr(""), description="The token with which WeChat signs what it tells.")
    wechat_aes_key: SecretStr = Field(
        SecretStr(""), description="The key, of 43 characters, with which WeChat encrypts what it tells."
    )
    smtp_url: Annotated[str, AfterValidator(_smtp_url)] = Field(
        "",
        description="`smtp://user:password@host:587` or `smtps://…`, the server that takes mail; unless set, mail is "
        "written into the folder `mail` of the home folder.",
    )
    mail_from: Annotated[str, AfterValidator(_mail_from)] = Field(
        "",
        description="The sender of mail, such as `Halden <care@halden.example>`; the shop's name and e-mail address of "
        "the policies unless set.",
    )
    medusa_url: Annotated[str, AfterValidator(_http_url)] = Field(
        "",
        description="The address of the Medusa server that the shop runs on, such as `https://medusa.example` "
        "(`docs/shop.md`); the shop is in the database unless set.",
    )
    medusa_key: Annotated[SecretStr, AfterValidator(_medusa_key)] = Field(
        SecretStr(""), validate_default=True, description="A secret API key of the Medusa server."
    )
    webhook_networks: tuple[str, ...] = Field(
        (),
        description="Networks, as a JSON list, that webhooks of the desk may go to though they are not on the "
        "open internet (`docs/api.md`).",
    )
    translator_models: tuple[str, ...] = Field(
        (),
        description="Folders or hub ids of models that translate at the desk, as a JSON list (`docs/translation.md`); "
        "nothing is translated unless this or the next is set.",
    )
    translator_url: Annotated[str, AfterValidator(_http_url)] = Field(
        "", description="The address of a server that translates as LibreTranslate does."
    )
    translator_key: SecretStr = Field(SecretStr(""), description="The key of that server, where it wants one.")
    chatwoot_url: Annotated[str, AfterValidator(_http_url)] = Field(
        "",
        description="The address of a Chatwoot installation that the desk's tickets are mirrored in (`docs/api.md`).",
    )
    chatwoot_account: int = Field(1, ge=1, description="The number of the account there.")
    chatwoot_inbox: str = Field("", description="The identifier of the inbox, of the kind API.")
    chatwoot_token: SecretStr = Field(SecretStr(""), description="An access token of an agent who sees the inbox.")
    chatwoot_secret: SecretStr = Field(SecretStr(""), description="With which Chatwoot signs what it tells.")
    workers: int = Field(1, ge=1, le=64, description="How many processes serve.")
    stop_seconds: float = Field(
        30.0, gt=0, description="For how long a process that is to stop waits for what is under way in it."
    )
    stop_notice_seconds: float = Field(
        0.0,
        ge=0,
        description="For how long it says before that it is not ready (`/health/ready`), and takes connections still: "
        "as long as a load balancer needs to notice.",
    )
    turns_at_once: int = Field(
        16, ge=1, description="How many messages a process answers at the same time (`docs/performance.md`)."
    )
    turns_waiting: int = Field(
        400, ge=2, description="How many messages a process lets in at a time, those included that it answers."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged at least.")
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="How it is logged; `auto` is console on a terminal and JSON elsewhere."
    )
    trained_models: Path | None = Field(
        None,
        description="A folder of models that were trained elsewhere, such as with a container's image; what is not "
        "there is trained, and kept in the home folder.",
    )
    project: Annotated[Path, AfterValidator(_folder)] = Field(
        ROOT, description="The folder with `config.yml`, `bot/` and the rest, if not the checkout."
    )
    policies: Annotated[Path, AfterValidator(_file)] = Field(
        default_factory=lambda data: data.get("project", ROOT) / "shop" / "policies.yml",
        validate_default=True,
        description="The shop's policies; the project's `shop/policies.yml` unless set.",
    )
    articles: Annotated[Path, AfterValidator(_folder)] = Field(
        default_factory=lambda data: data.get("project", ROOT) / "knowledge_base" / "articles",
        validate_default=True,
        description="The folder of the knowledge base's articles; the project's `knowledge_base/articles` unless set.",
    )
    retention_transcripts_days: int = Field(365, ge=1, description="For how many days conversations are kept.")
    retention_photos_days: int = Field(180, ge=1, description="For how many days customers' photographs are kept.")
    retention_mail_days: int = Field(
        90, ge=1, description="For how many days it is kept to whom which letter was sent, and when."
    )
    retention_gaps_days: int = Field(
        365, ge=1, description="For how many days questions without a good answer are kept, which name nobody."
    )
    retention_translations_days: int = Field(
        30, ge=1, description="For how many days translations that were made for agents are kept."
    )
    retention_audit_days: int = Field(365, ge=1, description="For how many days it is kept who did what at the desk.")
    default_language: str = Field("en", description="The language of a conversation in which nothing told it yet.")
    demo: bool = Field(
        True,
        description="Whether an empty database is filled with the demonstration shop, and its pages are served.",
    )

    @classmethod
    def load(cls, **overrides: object) -> Settings:
        """The settings of this process; `overrides` that are None do not count. Raises `SettingsError`."""
        try:
            return cls(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
        except ValidationError as error:
            problems = [
                f"{PREFIX}{str(problem['loc'][0]).upper()}: {problem['msg'].removeprefix('Value error, ')}"
                for problem in error.errors(include_input=False)
                # Follows from another problem, and says nothing of its own.
                if problem["type"] != "default_factory_not_called"
            ]
            raise SettingsError("\n".join(problems)) from None

    @property
    def demonstration(self) -> bool:
        """Whether this is the demonstration shop; a shop with a back end of its own is none."""
        return self.demo and not self.medusa_url

    @property
    def database(self) -> str:
        """The URL of the database."""
        return self.database_url or f"sqlite:///{self.home / 'aftercare.db'}"

    @property
    def encryption_key_list(self) -> list[str]:
        """The keys for columns with personal data; none where none are set."""
        return [key.strip() for key in self.encryption_keys.get_secret_value().split(",") if key.strip()]

    @property
    def platform_secrets(self) -> dict[str, str]:
        """The secrets of accounts on platforms of messengers; "" where one is not set."""
        return {
            name: getattr(self, name).get_secret_value()
            for name in type(self).model_fields
            if name.startswith(("whatsapp_", "wechat_"))
        }

    @property
    def address(self) -> str:
        """The address under which customers reach the server, without a slash at its end."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def models(self) -> Path:
        """The folder of trained models."""
        return self.home / "models"

    @property
    def mail(self) -> Path:
        """The folder of mail that no server takes."""
        return self.home / "mail"

    @property
    def config_file(self) -> Path:
        return self.project / "config.yml"

    @property
    def domain_file(self) -> Path:
        return self.project / "bot" / "domain.yml"

    @property
    def thresholds_file(self) -> Path:
        return self.project / "bot" / "thresholds.yml"

    @property
    def connectives_file(self) -> Path:
        return self.project / "bot" / "connectives.yml"

    @property
    def follow_ups_file(self) -> Path:
        return self.project / "bot" / "follow_ups.yml"

    @property
    def training_data(self) -> Path:
        return self.project / "bot" / "data"

    @property
    def locales(self) -> Path:
        return self.project / "bot" / "locales"

    @property
    def help_centre_locales(self) -> Path:
        return self.project / "help_centre" / "locales"

    @property
    def widget_locales(self) -> Path:
        return self.project / "connectors" / "widget" / "locales"

    @property
    def messenger_locales(self) -> Path:
        return self.project / "connectors" / "rendering" / "locales"

    @property
    def storefront_locales(self) -> Path:
        return self.project / "storefront" / "locales"

    @property
    def mail_locales(self) -> Path:
        return self.project / "mail" / "locales"

    @property
    def documents_locales(self) -> Path:
        return self.project / "documents" / "locales"

    @property
    def desk_locales(self) -> Path:
        return self.project / "desk" / "locales"

    @property
    def routing(self) -> Path:
        """The file that says when people take over, and who of them."""
        return self.project / "desk" / "routing.yml"

    @property
    def secret_file(self) -> Path:
        """Where the secret is kept that no variable names."""
        return self.home / "secret"

    @property
    def uploads(self) -> Path:
        """The folder of customers' photographs."""
        return self.home / "uploads"

    @property
    def troubleshooting(self) -> Path:
        """The folder of the guides for troubleshooting."""
        return self.project / "shop" / "troubleshooting"

    @property
    def endpoints_file(self) -> Path:
        return self.project / "endpoints.yml"

    @property
    def credentials_file(self) -> Path:
        return self.project / "credentials.yml"
