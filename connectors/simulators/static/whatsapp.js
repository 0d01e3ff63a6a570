import { ask, at, attempt, choose, say, sendFile, sendNoPhoto, sendSamplePhoto, start } from "/static/chat.js";
import { act } from "/static/stage.js";

const text = (words, type) => new Blob([words], { type });

async function photo() {
  const file = await choose("image/jpeg,image/png");
  if (!file) return;
  const told = await ask(file.name, [["caption", "Caption", ""]]);
  if (told) sendFile("image", file, file.name, { caption: told.caption });
}

async function document_() {
  const file = await choose("");
  if (file) sendFile("document", file, file.name);
}

async function location_() {
  const told = await ask("Location", [["name", "Name", "Brandenburg Gate"], ["address", "Address", "Pariser Platz, 10117 Berlin"], ["latitude", "Latitude", "52.516275"], ["longitude", "Longitude", "13.377704"]]);
  if (!told) return;
  const location = { latitude: Number(told.latitude), longitude: Number(told.longitude) };
  for (const key of ["name", "address"]) if (told[key]) location[key] = told[key];
  say({ type: "location", location });
}

async function contact() {
  const told = await ask("Contact", [["name", "Name", "Oliver Hughes"], ["phone", "Number", "+44 7700 900142"]]);
  if (!told) return;
  const name = { formatted_name: told.name, first_name: told.name };
  say({ type: "contacts", contacts: [{ name, phones: [{ phone: told.phone, wa_id: told.phone.replace(/\D/g, ""), type: "CELL" }] }] });
}

async function sticker() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 256, height: 256 });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#f6c744";
  pen.arc(128, 128, 110, 0, 7);
  pen.fill();
  pen.lineWidth = 14;
  pen.lineCap = "round";
  pen.stroke(new Path2D("M85 100v10M171 100v10M78 160q50 48 100 0"));
  sendFile("sticker", await new Promise((resolve) => canvas.toBlob(resolve, "image/webp")), "sticker.webp");
}

const unsupported = {
  type: "unsupported",
  unsupported: { type: "poll_creation" },
  errors: [{ code: 131051, title: "Message type unknown", message: "Message type unknown", error_data: { details: "Message type is currently not supported." } }],
};

start({
  typingWords: "typing…",
  reads: true,
  canReply: true,
  another: { label: "Another number, in digits", placeholder: "such as 4917604069012", inputMode: "numeric" },
  written: (number) => `+${number}`,
  problemOf: (given) => (/^\d{7,15}$/.test(given.replace(/[+\s().-]/g, "")) ? null : "A number has 7 to 15 digits, with those of the country."),
  idOf: (given) => given.replace(/\D/g, ""),
  sayText: (body) => say({ type: "text", text: { body } }),
  sendLocation: location_,
  react: (bubble, emoji) => attempt(() => act("say", { customer: at.customer, message: { type: "reaction", reaction: { message_id: bubble.id, emoji } } })),
  failures: [
    ["500", "500, server error"],
    ["503", "503, not available"],
    ["429", "429, too many messages"],
    ["pair", "131056, too many to one customer"],
    ["expired", "401, token expired"],
  ],
  switches: [
    ["window_closed", "24-hour window closed", "All but templates fail with 131047. It is closed as well for whoever has not written."],
    ["phone_off", "Telephones are off", "Messages are sent, and delivered when this is switched off."],
    ["undeliverable", "Messages cannot be delivered", "They fail with 131026."],
  ],
  attachments: [
    ["photo", "Photo…", photo],
    ["photo", "Sample photo", sendSamplePhoto],
    ["file", "Document…", document_],
    ["place", "Location…", location_],
    ["person", "Contact…", contact],
    ["sticker", "Sticker", sticker],
    ["voice", "Voice message", () => sendFile("audio", text("OggS voice", "audio/ogg; codecs=opus"), "voice.ogg")],
    ["video", "Video", () => sendFile("video", text("ftypmp42", "video/mp4"), "video.mp4")],
    ["poll", "Poll (not passed on)", () => say(unsupported)],
    ["warning", "No photo, but says so", sendNoPhoto],
  ],
});
