// Maps of one group show the same place: whichever is moved, the others follow at once.
const groups = new Map();
let following = false; // a map that follows leads nobody

// Let a map join a group; returns how it leaves again.
export function join(name, view) {
  if (!groups.has(name)) groups.set(name, new Set());
  const group = groups.get(name);
  const lead = () => {
    if (following) return;
    following = true;
    try {
      const seen = view.seen();
      group.forEach((other) => { if (other !== view) other.go(seen); });
    } finally {
      following = false;
    }
  };
  const [first] = group;
  group.add(view);
  view.map.on("move", lead);
  if (first) {
    following = true;
    view.go(first.seen());
    following = false;
  }
  return () => {
    view.map.off("move", lead);
    group.delete(view);
    if (!group.size) groups.delete(name);
  };
}
