// Names as they are looked for: whether letters are large or small does not matter, nor do accents.

const plain = (words) => words.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");

/** Whether a name has in it what is looked for. */
export function isFound(name, sought) {
  return plain(name).includes(plain(sought));
}
