package web

import (
	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/web/templates"
)

// flashes are what a page can say after a redirect: by key, so that nobody can put words of their own on our pages by a link.
var flashes = map[string]string{
	"retried":     "Retry goes on from where the run stopped.",
	"restarted":   "The run goes back to that step.",
	"paused":      "Nothing new starts until the run is resumed.",
	"resumed":     "The run goes on.",
	"cancelled":   "The run is being cancelled.",
	"compensated": "What was done is being undone.",
	"approved":    "Approved.",
	"rejected":    "Rejected.",
	"resolved":    "Recorded; the run goes on.",
	"hurried":     "The next attempt is made now.",
	"given_up":    "No further attempt is made: it counts as failed.",
	"retained":    "Saved. Finished runs are deleted within minutes, if any.",
	"saved":       "The draft is saved.",
	"kept":        "The file is saved.",
	"created":     "The draft is made. Nothing runs it until you publish.",
	"removed":     "The file is removed.",
	"published":   "Published.",
	"restored":    "The draft has the text of that version now.",
	"unrestored":  "The draft is again what it was before.",
}

// takeFlash reads what the last action said from ?flash=.
func takeFlash(c echo.Context) *templates.Flash {
	if text, ok := flashes[c.QueryParam("flash")]; ok {
		return &templates.Flash{Text: text}
	}
	return nil
}

// stillTrue drops what a button of a run promised once the run has ended, be it reached again by reload or Back. Retry and Compensate are pressed on a
// run that has failed: until its next event their word is the newest.
func stillTrue(said *templates.Flash, key, status string) *templates.Flash {
	switch status {
	case "failed", "compensation_failed":
		if key == "cancelled" {
			return nil
		}
	case "succeeded", "cancelled", "compensated":
		return nil
	}
	return said
}
