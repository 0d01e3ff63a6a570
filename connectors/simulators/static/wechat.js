import { ask, choose, say, sendFile, sendNoPhoto, sendSamplePhoto, start } from "/static/chat.js";

const event = (Event, more = {}) => say({ MsgType: "event", Event, ...more });

async function photo() {
  const file = await choose("image/*");
  if (file) sendFile("image", file, file.name);
}

async function voice() {
  const told = await ask("Voice message", [["recognition", "What the platform recognizes; empty for nothing", "我的包裹到哪里了？"]]);
  if (told) sendFile("voice", new Blob(["#!AMR\n"], { type: "audio/amr" }), "voice.amr", { recognition: told.recognition });
}

async function location_() {
  const told = await ask("Location", [["label", "Label", "上海市黄浦区人民大道"], ["latitude", "Latitude", "31.230416"], ["longitude", "Longitude", "121.473701"]]);
  if (told) say({ MsgType: "location", Location_X: told.latitude, Location_Y: told.longitude, Scale: 16, Label: told.label });
}

async function link() {
  const told = await ask("Link", [["title", "Title", "My order"], ["url", "Address", "https://shop.example/orders"]]);
  if (told) say({ MsgType: "link", Title: told.title, Description: told.title, Url: told.url });
}

async function scan() {
  const told = await ask("Scan a code", [["scene", "Its scene", "parcel"]], "Scan");
  if (told) event("SCAN", { EventKey: told.scene, Ticket: "simulated-ticket" });
}

async function follow() {
  const told = await ask("Follow the account", [["scene", "Scene of the code that was scanned; empty for none", ""]], "Follow");
  if (told) event("subscribe", told.scene ? { EventKey: `qrscene_${told.scene}`, Ticket: "simulated-ticket" } : { EventKey: "" });
}

async function menu() {
  const told = await ask("Take an item of the menu", [["key", "Its key", "TRACK_ORDER"]], "Take");
  if (told) event("CLICK", { EventKey: told.key });
}

start({
  typingWords: "对方正在输入… (typing)",
  reads: false,
  canReply: false,
  another: { label: "Another openid", placeholder: "such as oAnotherCustomer0000000001", inputMode: "text" },
  written: (openid) => `${openid.slice(0, 6)}…${openid.slice(-4)}`,
  problemOf: (given) => (/^[A-Za-z0-9_-]{1,64}$/.test(given) ? null : "An openid has letters, digits, - and _."),
  idOf: (given) => given,
  sayText: (Content) => say({ MsgType: "text", Content }),
  sayChoice: (Content, id) => say({ MsgType: "text", Content, ...(id && { bizmsgmenuid: id }) }),
  choices: [
    ["mode", "Messages are", [["encrypted", "encrypted (安全模式)"], ["plain", "plain (明文模式)"], ["compatible", "both (兼容模式)"]]],
  ],
  failures: [
    ["busy", "-1, system busy"],
    ["minute", "45011, too many this minute"],
    ["daily", "45009, too many today"],
    ["token", "40001, token not valid"],
    ["gateway", "502, an HTML page"],
  ],
  switches: [
    ["window_closed", "48-hour window closed", "Customer service messages are refused with 45015."],
    ["no_permission", "Not allowed to send", "The account is not verified: 48001."],
    ["no_menus", "Not allowed to send menus", "As with test accounts: 40200."],
  ],
  buttons: [["expire-tokens", "Let all access tokens expire"]],
  attachments: [
    ["photo", "Photo…", photo],
    ["photo", "Sample photo", sendSamplePhoto],
    ["voice", "Voice…", voice],
    ["place", "Location…", location_],
    ["link", "Link…", link],
    ["sticker", "Sticker", () => say({ MsgType: "text", Content: "【收到不支持的消息类型，暂无法显示】" })],
    ["video", "Video", () => sendFile("shortvideo", new Blob(["ftypmp42"], { type: "video/mp4" }), "video.mp4")],
    ["card", "Mini program card", () => say({ MsgType: "miniprogrampage", Title: "Shop", AppId: "wxsimulated0000002", PagePath: "pages/index" })],
    ["warning", "No photo, but says so", sendNoPhoto],
    ["menu", "Menu click…", menu],
    ["code", "Scan a code…", scan],
    ["heart", "Follow…", follow],
    ["leave", "Unfollow", () => event("unsubscribe", { EventKey: "" })],
  ],
});
