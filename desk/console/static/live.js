/**
 * The one connection of a page to what happens at the desk. Everything that comes is told by "desk:event" on
 * the document; an event of type "lost" asks to load again. "desk:state" tells whether there is a connection.
 */

import { address } from "./http.js";

const HEARTBEAT = 15_000;
const SILENCE = 40_000; // after so long without a word, the connection is taken for dead
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
const SIGNED_OUT = 4401;

const watched = new Map();
let socket = null;
let pause = FIRST_PAUSE;
let wasOnline = false;
let dead;

export const state = () => (socket?.readyState === WebSocket.OPEN ? "online" : "offline");

/** Sends a frame, if there is a connection. */
export function send(frame) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

/** Listens to a ticket's conversation too, from now on until the function that this returns is called. */
export function watch(ticketId) {
  watched.set(ticketId, (watched.get(ticketId) ?? 0) + 1);
  send({ type: "watch", ticket_id: ticketId });
  return () => {
    watched.set(ticketId, watched.get(ticketId) - 1);
    if (watched.get(ticketId)) return;
    watched.delete(ticketId);
    send({ type: "unwatch", ticket_id: ticketId });
  };
}

export function connect() {
  socket = new WebSocket(new URL(address("/desk/live"), location.href).href.replace(/^http/, "ws"));
  socket.onmessage = ({ data }) => {
    listen();
    take(JSON.parse(data));
  };
  socket.onclose = ({ code }) => {
    clearTimeout(dead);
    tell("desk:state", "offline");
    if (code === SIGNED_OUT) return location.reload();
    setTimeout(connect, pause * (0.75 + Math.random() / 2));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  };
}

function take(frame) {
  if (frame.type === "welcome") {
    pause = FIRST_PAUSE;
    for (const ticketId of watched.keys()) send({ type: "watch", ticket_id: ticketId });
    tell("desk:state", "online");
    // What happened meanwhile is on the server.
    if (wasOnline) tell("desk:event", { type: "lost" });
    wasOnline = true;
  }
  tell("desk:event", frame);
}

function listen() {
  clearTimeout(dead);
  dead = setTimeout(() => socket.close(), SILENCE);
}

function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

setInterval(() => send({ type: "heartbeat" }), HEARTBEAT);
addEventListener("online", () => state() === "offline" && (pause = FIRST_PAUSE));
