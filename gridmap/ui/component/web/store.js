// What the server answers with, fetched once: layers by content, packed geometry by fingerprint, scripts and styles of packages.
const SCALE = 1e6;
const KEPT = 80;
const TRIES_MS = [250, 800, 2000, 4000];

const documents = new Map();
const shapes = new Map();
const scripts = new Map();
const cards = new Map();
const places = new Map();

function pause(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}

function remember(held, name, make) {
  if (held.has(name)) {
    const found = held.get(name);
    held.delete(name);
    held.set(name, found);
    return found;
  }
  const made = make();
  held.set(name, made);
  made.catch(() => held.delete(name));
  while (held.size > KEPT) held.delete(held.keys().next().value);
  return made;
}

// The server may have let go of a document: Python is asked to publish it again, then it is fetched once more.
async function fetched(address, missing) {
  for (let attempt = 0; ; attempt += 1) {
    let status = "";
    try {
      const answer = await fetch(address, { credentials: "same-origin" });
      if (answer.ok) return await answer.json();
      status = answer.status;
      if (answer.status === 404) missing(address);
    } catch (error) {
      status = error.message;
    }
    if (attempt >= TRIES_MS.length) throw new Error(address.split("/").slice(-2).join("/").slice(0, 40) + ": " + status);
    await pause(TRIES_MS[attempt]);
  }
}

export function layer(base, key, missing) {
  return remember(documents, key, () => fetched(base + "layers/" + key, missing));
}

// GeoJSON geometries by fingerprint, in the order of the rows; null where a row has none.
export function part(base, fingerprint, missing) {
  return remember(shapes, fingerprint, () => fetched(base + "parts/" + fingerprint, missing).then((rows) => rows.map(unpacked)));
}

export function packed(base, fingerprint, missing) {
  return fetched(base + "parts/" + fingerprint, missing);
}

// The card of some rows of a large layer, as a layer has its own: fields and columns.
export function card(base, key, rows, missing) {
  const asked = key + "?rows=" + rows.join(",");
  return remember(cards, asked, () => fetched(base + "cards/" + asked, missing));
}

// A place inside each row of a large layer, its style and its numbers.
export function anchors(base, key, missing) {
  return remember(places, key, () => fetched(base + "anchors/" + key, missing).then((found) => {
    const at = line(found.at);
    found.without.forEach((row) => { at[row] = null; });
    return { at: at, style: found.style, totals: found.totals };
  }));
}

function line(steps) {
  const places = [];
  let x = 0;
  let y = 0;
  for (let i = 0; i < steps.length; i += 2) {
    x += steps[i];
    y += steps[i + 1];
    places.push([x / SCALE, y / SCALE]);
  }
  return places;
}

function ring(steps) {
  const places = line(steps);
  if (places.length) places.push(places[0]);
  return places;
}

function unpacked(feature) {
  if (!feature) return null;
  if (feature.a) return { type: "MultiPolygon", coordinates: feature.a.map((rings) => rings.map(ring)) };
  if (feature.l) return { type: "MultiLineString", coordinates: feature.l.map(line) };
  const places = (feature.p || []).map((place) => line(place)[0]);
  return places.length === 1 ? { type: "Point", coordinates: places[0] } : { type: "MultiPoint", coordinates: places };
}

export function script(address) {
  return remember(scripts, address, () => new Promise((done, failed) => {
    const element = document.createElement("script");
    element.src = address;
    element.onload = () => done();
    element.onerror = () => { element.remove(); failed(new Error(address)); };
    document.head.appendChild(element);
  }));
}

// A style sheet inside the component's own root; its rules end there.
export function sheet(root, address) {
  return new Promise((done, failed) => {
    const element = document.createElement("link");
    element.rel = "stylesheet";
    element.href = address;
    element.onload = () => done();
    element.onerror = () => failed(new Error(address));
    root.appendChild(element);
  });
}
