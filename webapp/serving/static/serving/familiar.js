// Does a frame look like anything that the model learned? The same reckoning as the server's (trainer/standalone/novelty.py).

// The arrays that the server packed, by name, each {shape, data}; and how sure the model has to be.
export function read(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const about = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let from = 4 + length;
  const arrays = about.arrays.map(({ name, shape }) => {
    const data = new Float32Array(buffer, from, shape.reduce((product, size) => product * size, 1));
    from += data.byteLength;
    return [name, { shape, data }];
  });
  return { keep: about.keep, ...Object.fromEntries(arrays) };
}

function directions(features) {
  const roots = Float32Array.from(features, (value) => Math.sign(value) * Math.sqrt(Math.abs(value)));
  const norm = Math.max(Math.hypot(...roots), 1e-12);
  return roots.map((value) => value / norm);
}

// How near each training picture is, after the basis: features [D] x basis [D, d] x pictures [M, d].
function nearness({ basis, pictures }, features) {
  const [rows, columns] = basis.shape;
  const place = new Float32Array(columns);
  directions(features).forEach((value, row) => {
    for (let column = 0; row < rows && column < columns; column += 1) place[column] += value * basis.data[row * columns + column];
  });
  return Float32Array.from({ length: pictures.shape[0] }, (_none, picture) => place.reduce((sum, value, column) => sum + value * pictures.data[picture * columns + column], 0));
}

function looks(usual, features, shares, said) {
  const near = nearness(usual, features);
  const [, kernels, count] = usual.weights.shape;
  const likeness = Array.from(usual.sharpness.data, (sharpness, kernel) => {
    const from = (said * kernels + kernel) * count;
    return near.reduce((sum, value, picture) => sum + Math.exp(-sharpness * Math.max(2 - 2 * value, 0)) * usual.weights.data[from + picture], 0);
  });
  return [Math.log(Math.max(shares[said], 1e-6)), Math.max(...near), ...likeness];
}

// The share of known pictures that look less familiar than a sum says.
function share(quantiles, sum) {
  const last = quantiles.length - 1;
  if (sum <= quantiles[0]) return 0;
  if (sum >= quantiles[last]) return 1;
  const at = quantiles.findIndex((value) => value > sum);
  return (at - 1 + (sum - quantiles[at - 1]) / (quantiles[at] - quantiles[at - 1])) / last;
}

// The share of known pictures, from 0 to 1, that look less familiar than one with these features and answers.
export function familiarity(usual, features, shares) {
  const said = shares.indexOf(Math.max(...shares));
  const labels = usual.usual.shape[1];
  const sum = looks(usual, features, shares, said).reduce((total, look, row) => total + (look - usual.usual.data[row * labels + said]) / usual.spread.data[row * labels + said], 0);
  return share(usual.quantiles.data, sum);
}

export const isUnknown = (usual, features, shares) => familiarity(usual, features, shares) < 1 - usual.keep;
