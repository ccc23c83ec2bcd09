export const decodeJpeg = () => null;
