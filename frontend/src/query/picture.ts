/** Pictures as queries: small enough for a URL, so that whoever has the link has the picture. */

/** Pixels a side at most: twice what the encoder that ships looks at, for crops. */
const MAX_SIDE = 384;
const QUALITY = 0.8;

export class UnreadablePictureError extends Error {}

/** Returns a picture as a small JPEG in base64, upright, transparency laid on white. */
export async function reducedPicture(file: Blob): Promise<string> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new UnreadablePictureError();
  }
  const scale = Math.min(1, MAX_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext("2d");
  if (context === null) throw new UnreadablePictureError();
  context.imageSmoothingQuality = "high";
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return canvas.toDataURL("image/jpeg", QUALITY).replace(/^data:.*?,/, "");
}

export function pictureUrl(base64: string): string {
  return `data:image/jpeg;base64,${base64}`;
}
