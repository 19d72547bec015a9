// Light, dark and print: what the chosen style makes of a colour.
export const GROUND = { light: "#ffffff", dark: "#14191f", print: "#ffffff" };
export const INK = { light: "#1f2933", dark: "#e8edf2", print: "#000000" };
export const HALO = { light: "rgba(255,255,255,.92)", dark: "rgba(10,14,18,.9)", print: "#ffffff" };
export const CHOSEN = { light: "#e69f00", dark: "#ffc44d", print: "#000000" };
export const LIT = { light: "#d0006f", dark: "#ff6ab8", print: "#000000" };

function bytes(colour) {
  if (!/^#[0-9a-fA-F]{6}$/.test(colour)) return null;
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

function written(parts) {
  return "#" + parts.map((value) => Math.max(0, Math.min(255, Math.round(value))).toString(16).padStart(2, "0")).join("");
}

// The style asked for; without one, what goes with the page's ground. The reader's system may be dark and the page light all the same.
export function wanted(root, style) {
  const ground = bytes(getComputedStyle(root).getPropertyValue("--st-background-color").trim());
  return style || (ground && Math.max(...ground) < 128 ? "dark" : "light");
}

// The same hue, as far above the dark ground as it was below white.
function turned(parts, least, most) {
  const light = (Math.max(...parts) + Math.min(...parts)) / 510;
  const wanted = least + (most - least) * (1 - light);
  const grey = (Math.max(...parts) + Math.min(...parts)) / 2;
  return parts.map((value) => wanted * 255 + (value - grey) * 0.8);
}

export function stroke(colour, role, look) {
  const parts = bytes(colour);
  if (!parts || look === "light") return colour || "#000000";
  if (look === "print") return role === "context" ? "#a8a8a8" : "#000000";
  if (role === "context" || role === "grids" || role === "dedicated") return written(turned(parts, 0.3, role === "context" ? 0.45 : 0.85));
  return role === "events" ? "#14191f" : colour;
}

export function fill(colour, role, look) {
  const parts = bytes(colour);
  if (!parts || look === "light" || role !== "context") return colour || "#000000";
  return look === "print" ? "#f1f1f1" : written(turned(parts, 0.16, 0.3));
}
