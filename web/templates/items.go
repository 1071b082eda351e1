package templates

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/segno-run/segno/web/view"
)

// ItemsGrid is a page of the items of a for_each, its filter and its place in the address: ?items=&status=&class=.
type ItemsGrid struct {
	Run             string
	Step            view.Step
	Status, Class   string // the filter
	Live            bool   // the run goes on
	Statuses        []Count
	Classes         []Count // Status is the class
	Rows            []view.Item
	Most            int    // rows of a page
	Fit             int    // items that fit the filter
	Before          int    // of them, those before this page
	Previous        string // addresses of the pages beside this one, "" at an end
	Next            string
	Item            *int   // the selected one
	NextFailure     string // addresses, "" if there is none that way
	PreviousFailure string
}

// ItemStatuses are the statuses of items, in the order in which filters offer them: what needs somebody first.
var ItemStatuses = []string{"failed", "compensation_failed", "uncertain", "retrying", "running", "waiting", "pending", "succeeded", "compensating", "compensated", "cancelled"}

// address is the page with this step, this filter, and what else is given.
func (g ItemsGrid) address(status, class string, more ...string) string {
	q := url.Values{"step": {g.Step.ID}}
	for name, v := range map[string]string{"status": status, "class": class} {
		if v != "" {
			q.Set(name, v)
		}
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return "/runs/" + g.Run + "?" + q.Encode()
}

// Page is the address of the page of items that begins at an index.
func (g ItemsGrid) Page(from int) string {
	if g.Item != nil {
		return g.address(g.Status, g.Class, "items", strconv.Itoa(from), "item", strconv.Itoa(*g.Item))
	}
	return g.address(g.Status, g.Class, "items", strconv.Itoa(from))
}

// Select is the address that selects an item. It keeps the filter and shows the page that the item stands on.
func (g ItemsGrid) Select(index int) string {
	return g.address(g.Status, g.Class, "item", strconv.Itoa(index))
}

// All is the address without a selected item.
func (g ItemsGrid) All() string { return g.address(g.Status, g.Class) }

// Filtered is the address with another filter.
func (g ItemsGrid) Filtered(status, class string) string {
	if g.Item != nil {
		return g.address(status, class, "items", "0", "item", strconv.Itoa(*g.Item))
	}
	return g.address(status, class)
}

// at says which rows are shown: "101–200 of 10,000".
func (g ItemsGrid) at() string {
	if len(g.Rows) == 0 {
		return ""
	}
	return fmt.Sprintf("%s–%s of %s", grouped(g.Before+1), grouped(g.Before+len(g.Rows)), grouped(g.Fit))
}

// last is the index of the last item.
func (g ItemsGrid) last() int { return max(g.total()-1, 0) }

// steady reports whether the box of rows keeps its height, because rows may come or go: what stands below it must not move.
func (g ItemsGrid) steady() bool {
	return g.Live && (g.Step.Items == nil || g.total() > itemsSmall || g.Status != "" || g.Class != "")
}

// itemsSmall is how many rows the box certainly shows without scrolling.
const itemsSmall = 12

// total is how many items there are, 0 before the list is known.
func (g ItemsGrid) total() int {
	if g.Step.Items == nil {
		return 0
	}
	return g.Step.Items.Total
}

// grouped is a number with its thousands apart.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	var out strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(d)
	}
	return out.String()
}

// itemSays is what a row says of an item: its error, else its output, else what it waits for.
func itemSays(i view.Item) (text string, class string) {
	switch {
	case i.Compensation != nil && i.Compensation.Error != nil:
		return i.Compensation.Error.Message, i.Compensation.Error.Class
	case i.Error != nil:
		return i.Error.Message, i.Error.Class
	case !empty(i.Output):
		return oneLine(i.Output), ""
	}
	return plainWords(i.Reason), ""
}

// itemTook is how long an item took from its first call to its end, "" before.
func itemTook(i view.Item, now time.Time) string {
	if len(i.Attempts) == 0 {
		return ""
	}
	first, last := i.Attempts[0], i.Attempts[len(i.Attempts)-1]
	return took(&first.QueuedAt, last.EndedAt, now)
}

func itemAttempts(i view.Item) string {
	if n := len(i.Attempts); n > 0 {
		return strconv.Itoa(i.Attempts[n-1].Number)
	}
	return ""
}
