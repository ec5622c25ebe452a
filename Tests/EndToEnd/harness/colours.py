"""Camera input of a single colour, as Y4M files for Chromium."""

WIDTH, HEIGHT, FRAMES = 320, 240, 10

# BT.601, limited range: luma, blue difference, red difference.
YUV = {"red": (82, 90, 240), "green": (145, 54, 34)}


def write_y4m(path, colour):
    luma, blue, red = YUV[colour]
    chroma_size = (WIDTH // 2) * (HEIGHT // 2)
    picture = bytes([luma]) * (WIDTH * HEIGHT) + bytes([blue]) * chroma_size + bytes([red]) * chroma_size
    header = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F15:1 Ip A1:1 C420mpeg2\n".encode()
    path.write_bytes(header + (b"FRAME\n" + picture) * FRAMES)
    return path


def name_of(red, green, blue):
    """The colour of a video frame after a lossy codec, from its mean."""
    if red > 120 and green < 90 and blue < 90:
        return "red"
    if green > 120 and red < 110 and blue < 110:
        return "green"
    if blue > 120 and red < 110 and green < 120:
        return "blue"
    return f"rgb({red:.0f},{green:.0f},{blue:.0f})"


# A function of a <video>: the mean colour of its frame, or null without one.
MEAN_PIXEL = """video => {
    if (!video || !video.videoWidth) return null;
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 16;
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0, 16, 16);
    const pixels = context.getImageData(0, 0, 16, 16).data;
    const sum = [0, 0, 0];
    for (let i = 0; i < pixels.length; i += 4) for (let c = 0; c < 3; c++) sum[c] += pixels[i + c];
    return sum.map(total => total / (pixels.length / 4));
}"""
