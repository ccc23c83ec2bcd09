// What a person dropped, chose or pasted, as groups: {name: label name or "", sure, files}. A folder that holds pictures is a label, unless a
// list among the files says what is what. `sure`: nobody needs to be asked for a label.

const PICTURE = /\.(jpe?g|png|webp|hei[cf]|avif|gif)$/i;
const ZIP = /\.(zip|tm)$/i;
const LIST = /\.(csv|tsv|jsonl?|ndjson|txt|xml)$/i;
const TOGETHER = 50; // files of one request: a list finds its pictures only there

const isPicture = (file) => PICTURE.test(file.name) || /^image\/(jpeg|png|webp|hei[cf]|avif|gif)$/.test(file.type);
const isZip = (file) => ZIP.test(file.name);
const isList = (file) => LIST.test(file.name);
// Files that systems leave in folders, and that nobody means to send.
const isJunk = (path) => path.split("/").some((part) => part.startsWith(".") || part === "__MACOSX" || part === "Thumbs.db");

function readAll(reader) {
  return new Promise((done, failed) => {
    const found = [];
    // A reader gives at most 100 entries at a time, and none at the end.
    const more = () => reader.readEntries((some) => (some.length ? (found.push(...some), more()) : done(found)), failed);
    more();
  });
}

async function walk(entry, path, out) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    out.push({ file, path: path + file.name });
    return;
  }
  for (const child of await readAll(entry.createReader())) await walk(child, `${path}${entry.name}/`, out);
}

export async function dropped(transfer) {
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.());
  if (!entries.length || entries.some((entry) => !entry)) return grouped([...transfer.files].map((file) => ({ file, path: file.name })));
  const out = [];
  for (const entry of entries) await walk(entry, "", out);
  return grouped(out);
}

export function chosen(files) {
  return grouped([...files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
}

function grouped(list) {
  const groups = new Map();
  const put = (name, file) => groups.set(name, [...(groups.get(name) ?? []), file]);
  const wanted = list.filter(({ path }) => !isJunk(path));
  const lists = wanted.some(({ file }) => isList(file));
  for (const { file, path } of wanted) {
    const folder = path.split("/").at(-2) ?? "";
    if (isZip(file)) put("\0zip", file);
    else if (isList(file) || (lists && isPicture(file))) put("\0list", file);
    else if (isPicture(file)) put(folder, file);
  }
  const all = [...groups].map(([name, files]) => ({ name: name.startsWith("\0") ? "" : name, sure: name.startsWith("\0"), files }));
  all.apart = (groups.get("\0list")?.length ?? 0) > TOGETHER;
  return all;
}
