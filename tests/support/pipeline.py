"""A hand-made trace of one step of a pipeline, with components, waits and transfers."""

from tests.support.tracefile import TraceFile

RECORDED = {
    "roots": ["sam"],
    "modules": {
        "sam": ["Sam", "SAM"],
        "sam.image_encoder": ["ImageEncoderViT", "image encoder"],
        "sam.image_encoder.neck": ["Sequential", "neck"],
    },
    "functions": {"set_image()": "set image", "apply_image()": "preprocessing"},
    "components": {"preprocessing": "preprocessing", "image encoder": "image encoder"},
}


def pipeline(*, on_device: bool = True) -> TraceFile:
    """One step of 1000 ns on thread 1.

    0     sam                                                                    1000
      100   set_image()                                                      800
        120   apply_image() 220
                            300 image_encoder                     700
                                  350 neck 400
    Launches: 310 (kernel 1, encoder), 360 (kernel 2, neck), 620 (kernel 3, copy to the host),
    50 (kernel 4, outside every component). Waits: 500 to 650 in the encoder, 850 to 950 in sam.
    """
    file = TraceFile(metadata={"schemaVersion": 1, "samprof": RECORDED})
    file.step(0, 0, 1000)
    file.range("sam", 0, 1000)
    file.range("sam.set_image()", 100, 700)
    file.range(".apply_image()", 120, 100)
    file.range("sam.image_encoder", 300, 400)
    file.range("sam.image_encoder.neck", 350, 50)
    if on_device:
        for correlation, launched in ((1, 310), (2, 360), (3, 620), (4, 50)):
            file.launch(correlation, launched)
        file.kernel(1, 400, 100)
        file.kernel(2, 500, 30, stream=8)
        file.kernel(3, 640, 20, cat="gpu_memcpy")
        file.kernel(4, 60, 40)
        file.launch(90, 500, 150, name="cudaStreamSynchronize")
        file.launch(91, 850, 100, name="cudaDeviceSynchronize")
    return file
