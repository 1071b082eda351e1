package examples

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"strings"

	"golang.org/x/image/draw"
)

//go:embed assets/*.jpg
var assets embed.FS

type thumbnailIn struct {
	Photo string `json:"photo"` // sign or sky; default sign
	JPEG  []byte `json:"jpeg"`  // base64; used instead of Photo
	Width int    `json:"width"` // pixels; default 160
}

type thumbnailOut struct {
	Width   int    `json:"width"`
	Height  int    `json:"height"`
	Bytes   int    `json:"bytes"`
	SHA256  string `json:"sha256"`
	DataURL string `json:"data_url"`
}

const dataURL = "data:image/jpeg;base64,"

// maxSide bounds what is decoded: a small file can claim a picture that fills the memory.
const maxSide = 6000

// thumbnail scales a picture to the width that was asked for.
func thumbnail(_ invocation, in thumbnailIn) (thumbnailOut, error) {
	source := in.JPEG
	if len(source) == 0 {
		name := in.Photo
		if name == "" {
			name = "sign"
		}
		var err error
		if source, err = assets.ReadFile("assets/" + name + ".jpg"); err != nil {
			return thumbnailOut{}, Rejected{fmt.Sprintf("there is no photo %q", name)}
		}
	}
	picture, err := decode(source)
	if err != nil {
		return thumbnailOut{}, err
	}
	width := in.Width
	if width <= 0 {
		width = 160
	}
	size := picture.Bounds().Size()
	small := image.NewRGBA(image.Rect(0, 0, width, max(1, size.Y*width/size.X)))
	draw.CatmullRom.Scale(small, small.Bounds(), picture, picture.Bounds(), draw.Src, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: 80}); err != nil {
		return thumbnailOut{}, fmt.Errorf("encoding the thumbnail: %w", err)
	}
	sum := sha256.Sum256(out.Bytes())
	return thumbnailOut{Width: small.Rect.Dx(), Height: small.Rect.Dy(), Bytes: out.Len(), SHA256: hex.EncodeToString(sum[:]),
		DataURL: dataURL + base64.StdEncoding.EncodeToString(out.Bytes())}, nil
}

func decode(source []byte) (image.Image, error) {
	head, err := jpeg.DecodeConfig(bytes.NewReader(source))
	if err != nil {
		return nil, Rejected{fmt.Sprintf("this is not a JPEG: %v", err)}
	}
	if head.Width < 1 || head.Height < 1 || head.Width > maxSide || head.Height > maxSide {
		return nil, Rejected{fmt.Sprintf("the picture is %d × %d pixels; the most is %d each way", head.Width, head.Height, maxSide)}
	}
	picture, err := jpeg.Decode(bytes.NewReader(source))
	if err != nil {
		return nil, Rejected{fmt.Sprintf("the JPEG is broken: %v", err)}
	}
	return picture, nil
}

type captionsIn struct {
	PhotoID string `json:"photo_id"`
	Image   string `json:"image"` // a data URL
}

type captionsOut struct {
	OCR  ocrResult `json:"ocr_result"`
	Cost int       `json:"cost_cents"`
}

type ocrResult struct {
	HasText    bool    `json:"has_text"`
	Text       string  `json:"text"`
	Confidence float64 `json:"confidence"` // 0 to 1
}

// busyFor is how many calls of a key the captions service turns away before it takes one.
const busyFor = 2

// captions stands for a service that charges for each picture and is often busy. A step that was told to fail has had its failure, so the service is
// not busy for it.
func captions(inv invocation, in captionsIn) (captionsOut, error) {
	if !inv.told && inv.before.invocations < busyFor {
		return captionsOut{}, Unavailable{fmt.Sprintf("the captions service is busy (call %d of this photo); nothing was charged", inv.before.invocations+1)}
	}
	encoded, ok := strings.CutPrefix(in.Image, dataURL)
	if !ok {
		return captionsOut{}, Rejected{"the image is not a data URL of a JPEG"}
	}
	source, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return captionsOut{}, Rejected{fmt.Sprintf("the image is not in base64: %v", err)}
	}
	picture, err := decode(source)
	if err != nil {
		return captionsOut{}, err
	}
	out := captionsOut{Cost: 2}
	edges := edginess(picture)
	out.OCR.HasText = edges > writingEdges
	out.OCR.Confidence = math.Round(100*min(0.99, 0.5+math.Abs(edges-writingEdges)*10)) / 100
	if out.OCR.HasText {
		out.OCR.Text = "NOODLE BAR OPEN TILL LATE" // finding out that there is writing is as far as this service goes
	}
	return out, nil
}

// writingEdges is the share of hard edges above which a picture is taken to hold writing. A sky has none, the sign about ten times as many.
const writingEdges = 0.01

// edginess returns the share of neighbouring pixels in a row whose brightness differs sharply.
func edginess(picture image.Image) float64 {
	const sharp = 48 // of 255
	b := picture.Bounds()
	hits, pairs := 0, 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		last := -1
		for x := b.Min.X; x < b.Max.X; x++ {
			level := int(color.GrayModel.Convert(picture.At(x, y)).(color.Gray).Y)
			if last >= 0 {
				pairs++
				if level-last > sharp || last-level > sharp {
					hits++
				}
			}
			last = level
		}
	}
	return float64(hits) / float64(max(1, pairs))
}

type notifyIn struct {
	User string `json:"user"`
	Text string `json:"text"`
}

type notifyOut struct {
	Notification string `json:"notification"`
}

func notify(inv invocation, _ notifyIn) (notifyOut, error) {
	return notifyOut{Notification: inv.id("note")}, nil
}
