// A worker that makes JPEGs: drawing and encoding happen here, beside the page, so that its video never waits.

let canvas = null;

self.addEventListener("message", async ({ data: { id, picture, box, width, height, quality } }) => {
  const began = performance.now();
  try {
    if (canvas?.width !== width || canvas.height !== height) canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, ...box, 0, 0, width, height);
    const bytes = await (await canvas.convertToBlob({ type: "image/jpeg", quality })).arrayBuffer();
    self.postMessage({ id, bytes, ms: performance.now() - began }, [bytes]);
  } catch {
    self.postMessage({ id, bytes: null });
  } finally {
    picture.close();
  }
});
