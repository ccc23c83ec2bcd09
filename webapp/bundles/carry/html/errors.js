// Why a picture cannot be looked at: not_a_picture, too_many_pixels, too_complex or damaged.

export class PictureError extends Error {}

// A JPEG that is not read here but by the browser: a rare kind, or a file that is not quite right.
export class Unusual extends Error {}
