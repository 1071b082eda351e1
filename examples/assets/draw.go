//go:build ignore

// Draw makes the two pictures beside it: a lit sign with writing on it, and a sky without any. Run it in this folder's parent with `go generate`.
package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"log"
	"math"
	"os"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

const width, height = 640, 480

func main() {
	save("assets/sky.jpg", sky())
	sign := sky()
	fill(sign, image.Rect(0, 330, width, height), color.RGBA{38, 34, 48, 255})
	for x := 0; x < width; x += 80 {
		fill(sign, image.Rect(x, 300+x%3*18, x+62, height), color.RGBA{58, 48, 66, 255})
	}
	fill(sign, image.Rect(88, 138, 552, 312), color.RGBA{24, 24, 34, 255})
	fill(sign, image.Rect(96, 146, 544, 304), color.RGBA{196, 50, 62, 255})
	write(sign, "NOODLE BAR", 120, 160, 400, 74)
	write(sign, "OPEN TILL LATE", 150, 242, 340, 48)
	save("assets/sign.jpg", sign)
}

// sky is an evening gradient with a soft sun: nothing in it has a hard edge.
func sky() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			t := float64(y) / height
			glow := math.Exp(-(math.Pow(float64(x-470), 2) + math.Pow(float64(y-110), 2)) / 9000)
			img.SetRGBA(x, y, color.RGBA{level(70 + 130*t + 120*glow), level(96 + 70*t + 110*glow), level(150 - 20*t + 40*glow), 255})
		}
	}
	return img
}

func level(v float64) uint8 { return uint8(min(255, max(0, v))) }

func fill(img draw.Image, r image.Rectangle, c color.Color) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// write scales a line of the small bitmap font to w × h pixels.
func write(img draw.Image, text string, x, y, w, h int) {
	line := image.NewRGBA(image.Rect(0, 0, 7*len(text), 13))
	pen := font.Drawer{Dst: line, Src: image.NewUniform(color.RGBA{255, 246, 214, 255}), Face: basicfont.Face7x13, Dot: fixed.P(0, 11)}
	pen.DrawString(text)
	draw.NearestNeighbor.Scale(img, image.Rect(x, y, x+w, y+h), line, line.Bounds(), draw.Over, nil)
}

func save(name string, img image.Image) {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 84}); err != nil {
		log.Fatalf("encoding %s: %v", name, err)
	}
	if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
		log.Fatalf("writing %s: %v", name, err)
	}
}
