// What a tab remembers of a map over a reload: where it looks, what is drawn and chosen, the tool in hand. It is gone with the tab.
const PLACE = "gridmap:map:";

export function read(name) {
  try {
    const found = JSON.parse(window.sessionStorage.getItem(PLACE + name));
    return found && typeof found === "object" ? found : null;
  } catch (error) {
    return null; // a browser that keeps nothing, or what another program wrote
  }
}

export function write(name, value) {
  try {
    window.sessionStorage.setItem(PLACE + name, JSON.stringify(value));
  } catch (error) { /* it keeps nothing, or is full: the map works, and forgets */ }
}
