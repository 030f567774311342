package logger

import (
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
)

// WritePNG writes an image under a temporary name in the same folder and renames it: no
// half-written file is ever seen under path. It is not synced: a picture can be drawn again.
func WritePNG(path string, img image.Image) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*.png")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	// CreateTemp keeps others from reading; a picture is as public as any file.
	if err := errors.Join(png.Encode(f, img), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
