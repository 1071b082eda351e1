package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// shotsEnv names the folder that BenchmarkShots writes into; `make shots` sets it. Without it the folder is a new one below the system's for temporary files.
// onlyEnv is a regular expression of the states that are wanted; without it all are.
const (
	shotsEnv = "SEGNO_SHOTS"
	onlyEnv  = "SEGNO_SHOTS_ONLY"
)

// BenchmarkShots takes a picture of every page in every state, in both themes, 1440 and 390 wide, and puts them on contact sheets: sheet.html with all of
// them, and sheet-N.png with four states each. It judges nothing: that is for the eyes.
func BenchmarkShots(b *testing.B) {
	dir := os.Getenv(shotsEnv)
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "segno-shots-"); err != nil {
			b.Fatal(err)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	only, err := regexp.Compile(os.Getenv(onlyEnv))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		all := slices.DeleteFunc(states(b, boot(b), nothing(b)), func(st state) bool { return !only.MatchString(st.name) })
		shots := map[string][]byte{}
		for _, st := range all {
			for _, size := range [][2]int64{{1440, 900}, {390, 844}} {
				t := open(b, size[0], size[1])
				t.see(st, "light")
				for _, theme := range []string{"light", "dark"} {
					t.wear(theme)
					name := shotName(st.name, theme, size[0])
					shots[name] = t.shoot()
					if err := os.WriteFile(filepath.Join(dir, name), shots[name], 0o644); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
		writeSheets(b, dir, all, shots)
		b.ReportMetric(float64(len(shots)), "shots")
	}
	b.Logf("the contact sheet is %s", filepath.Join(dir, "sheet.html"))
}

func shotName(state, theme string, width int64) string {
	return fmt.Sprintf("%s-%d-%s.png", state, width, theme)
}

// shoot takes a picture of what is in the window, once it has been drawn and the fonts are there.
func (b *tab) shoot() []byte {
	b.Helper()
	b.await("the fonts", `document.fonts.status === "loaded"`)
	b.drawn()
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.Fatalf("taking a picture: %v", err)
	}
	return shot
}

// The columns of a contact sheet: width of the window, theme, and width on the sheet.
var columns = []struct {
	width int64
	theme string
	shown int
}{{1440, "light", 720}, {1440, "dark", 720}, {390, "light", 208}, {390, "dark", 208}}

const (
	sheetRow  = 450 // the height of a row's pictures
	sheetHead = 22  // the line with the state's name above them
	sheetGap  = 12
	sheetRows = 4
)

// writeSheets writes the sheets of all states: one as HTML, whose pictures open in full, and as many as it takes as PNG.
func writeSheets(tb testing.TB, dir string, all []state, shots map[string][]byte) {
	tb.Helper()
	var html strings.Builder
	html.WriteString("<!DOCTYPE html><meta charset=utf-8><title>Segno: every page and state</title>" +
		"<style>body{font:13px system-ui;margin:16px;background:#888}h2{margin:24px 0 6px}img{vertical-align:top;margin-right:8px}</style>\n")
	for _, st := range all {
		fmt.Fprintf(&html, "<h2 id=%[1]s>%[1]s</h2>\n", st.name)
		for _, c := range columns {
			fmt.Fprintf(&html, "<a href=%[1]s><img loading=lazy src=%[1]s width=%[2]d alt=%[1]q></a>", shotName(st.name, c.theme, c.width), c.shown)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "sheet.html"), []byte(html.String()), 0o644); err != nil {
		tb.Fatal(err)
	}
	for n := 0; n*sheetRows < len(all); n++ {
		part := all[n*sheetRows : min(len(all), (n+1)*sheetRows)]
		path := filepath.Join(dir, fmt.Sprintf("sheet-%d.png", n+1))
		if err := writeSheet(path, part, shots); err != nil {
			tb.Fatalf("%s: %v", path, err)
		}
	}
}

func writeSheet(path string, part []state, shots map[string][]byte) error {
	width := sheetGap
	for _, c := range columns {
		width += c.shown + sheetGap
	}
	sheet := image.NewRGBA(image.Rect(0, 0, width, len(part)*(sheetRow+sheetHead+sheetGap)))
	xdraw.Draw(sheet, sheet.Bounds(), image.NewUniform(color.Gray{Y: 0x88}), image.Point{}, xdraw.Src)
	pen := &font.Drawer{Dst: sheet, Src: image.Black, Face: basicfont.Face7x13}
	for row, st := range part {
		x, y := sheetGap, row*(sheetRow+sheetHead+sheetGap)
		pen.Dot = fixed.P(x, y+16)
		pen.DrawString(st.name)
		for _, c := range columns {
			shot, err := png.Decode(bytes.NewReader(shots[shotName(st.name, c.theme, c.width)]))
			if err != nil {
				return err
			}
			at := image.Rect(x, y+sheetHead, x+c.shown, y+sheetHead+shot.Bounds().Dy()*c.shown/shot.Bounds().Dx())
			xdraw.ApproxBiLinear.Scale(sheet, at, shot, shot.Bounds(), xdraw.Src, nil)
			x += c.shown + sheetGap
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, sheet); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}
