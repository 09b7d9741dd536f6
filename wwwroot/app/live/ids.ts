const letters = 'abcdefghijkmnpqrstuvwxyz23456789';

/** A new id: 20 letters and digits, 100 bits of chance. Works on plain http too, where crypto.randomUUID is missing. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(20)), (byte) => letters[byte & 31]).join('');
}
