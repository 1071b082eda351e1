package runview

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/segno-run/segno/web/view"
)

// The bounds of comparing two values.
const (
	compareBytes = 16 << 20 // of both together: beyond, they are only told to differ
	alignedItems = 400      // of two lists together: longer ones are compared place by place between what begins and what ends both alike
)

// Changes lists where two JSON values differ, in the order of their keys and places: at most so many, and how many more there are. A nil value is absent.
// Numbers differ if they are written differently. What has moved in a list is found as removed and added.
func Changes(was, is []byte, most int) (changes []view.ValueChange, more int) {
	if bytes.Equal(was, is) {
		return nil, 0
	}
	if len(was) == 0 || len(is) == 0 || len(was)+len(is) > compareBytes {
		return []view.ValueChange{{Was: was, Is: is}}, 0
	}
	c := &comparer{most: most}
	a, errA := decodeLoosely(was)
	b, errB := decodeLoosely(is)
	if errA != nil || errB != nil {
		return []view.ValueChange{{Was: was, Is: is}}, 0
	}
	c.compare("", a, b)
	return c.changes, c.more
}

// decodeLoosely reads a value with its numbers as they are written.
func decodeLoosely(raw []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return v, d.Decode(&v)
}

type comparer struct {
	most    int
	changes []view.ValueChange
	more    int
}

// absent stands for a member that one of the two does not have.
type absent struct{}

func (c *comparer) differ(path string, was, is any) {
	if len(c.changes) == c.most {
		c.more++
		return
	}
	c.changes = append(c.changes, view.ValueChange{Path: path, Was: written(was), Is: written(is)})
}

// written is a decoded value as JSON again, nil for an absent one.
func written(v any) json.RawMessage {
	if v == (any)(absent{}) {
		return nil
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

func (c *comparer) compare(path string, was, is any) {
	switch a := was.(type) {
	case map[string]any:
		if b, ok := is.(map[string]any); ok && apart(a) == apart(b) && (!apart(a) || a["$payload"] == b["$payload"]) {
			c.objects(path, a, b)
			return
		}
	case []any:
		if b, ok := is.([]any); ok {
			c.lists(path, a, b)
			return
		}
	default:
		switch is.(type) {
		case map[string]any, []any:
		default:
			if was == is {
				return
			}
		}
	}
	c.differ(path, was, is)
}

// apart reports whether a value stands for one that is kept apart from the history: two of those are the same, or differ as a whole.
func apart(v map[string]any) bool {
	_, named := v["$payload"].(string)
	_, sized := v["bytes"].(json.Number)
	return named && sized && len(v) == 2
}

func (c *comparer) objects(path string, a, b map[string]any) {
	keys := slices.Collect(maps.Keys(a))
	for k := range b {
		if _, both := a[k]; !both {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		was, had := a[k]
		is, has := b[k]
		switch at := path + member(path, k); {
		case !had:
			c.differ(at, absent{}, is)
		case !has:
			c.differ(at, was, absent{})
		default:
			c.compare(at, was, is)
		}
	}
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// member is a key in a path.
func member(path, key string) string {
	switch {
	case !plainKey.MatchString(key):
		return "[" + string(written(key)) + "]"
	case path == "":
		return key
	}
	return "." + key
}

// lists compares what is between the items that begin and that end both lists alike.
func (c *comparer) lists(path string, a, b []any) {
	as, bs := texts(a), texts(b)
	from := 0
	for from < len(a) && from < len(b) && as[from] == bs[from] {
		from++
	}
	endA, endB := len(a), len(b)
	for endA > from && endB > from && as[endA-1] == bs[endB-1] {
		endA, endB = endA-1, endB-1
	}
	at := func(i int) string { return path + "[" + strconv.Itoa(i) + "]" }
	// between compares what stands between two places that are alike: pairs, then what is left of either.
	between := func(i, toI, j, toJ int) {
		for ; i < toI && j < toJ; i, j = i+1, j+1 {
			c.compare(at(j), a[i], b[j])
		}
		for ; i < toI; i++ {
			c.differ(at(i), a[i], absent{})
		}
		for ; j < toJ; j++ {
			c.differ(at(j), absent{}, b[j])
		}
	}
	if endA-from == endB-from || endA-from+endB-from > alignedItems {
		between(from, endA, from, endB)
		return
	}
	i, j := from, from
	for _, pair := range alike(as[from:endA], bs[from:endB]) {
		between(i, from+pair[0], j, from+pair[1])
		i, j = from+pair[0]+1, from+pair[1]+1
	}
	between(i, endA, j, endB)
}

func texts(all []any) []string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = string(written(v))
	}
	return out
}

// alike is a longest common subsequence: the places of its members in both.
func alike(a, b []string) (pairs [][2]int) {
	longest := make([][]int, len(a)+1)
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case longest[i+1][j] >= longest[i][j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}

// AttemptRecord is what is known of an attempt as one value, for comparing two.
func AttemptRecord(a view.Attempt) json.RawMessage {
	record := map[string]any{"status": a.Status, "log_lines": len(a.Logs) + a.Dropped}
	if a.StartedAt != nil {
		record["queued_ms"] = a.StartedAt.Sub(a.QueuedAt).Milliseconds()
		if a.EndedAt != nil {
			record["took_ms"] = a.EndedAt.Sub(*a.StartedAt).Milliseconds()
		}
	}
	if a.Said != "" {
		record["answered"] = a.Said
	}
	if f := a.Error; f != nil {
		record["class"], record["effect"], record["message"] = f.Class, f.Effect, f.Message
		evidence := map[string]string{}
		for _, d := range f.Evidence {
			evidence[d.Name] = d.Value
		}
		record["evidence"] = evidence
	}
	for _, ph := range a.Phases {
		record[fmt.Sprintf("%s_ms", ph.Name)] = json.Number(strconv.FormatFloat(ph.MS, 'f', 1, 64))
	}
	return written(record)
}
