package postgres

import (
	"encoding/binary"
	"regexp"
	"strings"
	"sync"
	"time"
)

// sheet holds the parameters of one statement: the incarnation, the writer, and the columns of its parts, each an array in PostgreSQL's binary form. They are
// written as they are sent, because pgx looks at each element of an array by itself, which takes longer than all else that a batch needs here.
type sheet struct {
	made    shape
	head    [12]byte
	columns [64]column
	used    int
	values  [][]byte
}

// sheets are used again, with the memory of their columns.
var sheets = sync.Pool{New: func() any { return new(sheet) }}

// mostKept is how many bytes a column may have that is used again.
const mostKept = 256 << 10

func (s *sheet) free() {
	s.made, s.values = 0, s.values[:0]
	for i := range s.columns[:s.used] {
		if cap(s.columns[i].b) > mostKept {
			s.columns[i].b = nil
		}
	}
	s.used = 0
	sheets.Put(s)
}

// add begins the columns of a part of the statement, in the order in which the part names them.
func (s *sheet) add(part int) []column {
	s.made |= 1 << part
	from := s.used
	s.used += len(kinds[part])
	columns := s.columns[from:s.used:s.used]
	for i, kind := range kinds[part] {
		columns[i].begin(kind)
	}
	return columns
}

// parameters are what goes over the wire.
func (s *sheet) parameters() [][]byte {
	s.values = append(s.values[:0], s.head[:8], s.head[8:])
	for i := range s.columns[:s.used] {
		s.values = append(s.values, s.columns[i].end())
	}
	return s.values
}

// kinds are the types of the columns of each part: the numbers that PostgreSQL gave its own types for ever.
var kinds = func() [len(parts)][]uint32 {
	oids := map[string]uint32{"bool": 16, "bytea": 17, "bigint": 20, "int": 23, "text": 25, "timestamptz": 1184, "uuid": 2950}
	placeholder := regexp.MustCompile(`%s::(\w+)\[\]`)
	var all [len(parts)][]uint32
	for i, part := range parts {
		for _, m := range placeholder.FindAllStringSubmatch(part, -1) {
			all[i] = append(all[i], oids[m[1]])
		}
		if len(all[i]) != strings.Count(part, "%s") {
			panic("postgres: a column without a type in " + part)
		}
	}
	return all
}()

// column is an array of one dimension: its header, and each element behind its length.
type column struct {
	b     []byte
	n     uint32
	nulls uint32 // 1 if an element is null
}

func (c *column) begin(kind uint32) {
	c.n, c.nulls = 0, 0
	if c.b == nil {
		c.b = make([]byte, 0, 256)
	}
	c.b = append(c.b[:0], 0, 0, 0, 1, 0, 0, 0, 0)  // dimensions, nulls
	c.b = binary.BigEndian.AppendUint32(c.b, kind) //
	c.b = append(c.b, 0, 0, 0, 0, 0, 0, 0, 1)      // length, lower bound
}

func (c *column) end() []byte {
	binary.BigEndian.PutUint32(c.b[4:], c.nulls)
	binary.BigEndian.PutUint32(c.b[12:], c.n)
	return c.b
}

func (c *column) size(n int) { c.n++; c.b = binary.BigEndian.AppendUint32(c.b, uint32(n)) }

func (c *column) null() {
	c.nulls = 1
	c.n++
	c.b = append(c.b, 0xff, 0xff, 0xff, 0xff)
}

func (c *column) int64(v int64)    { c.size(8); c.b = binary.BigEndian.AppendUint64(c.b, uint64(v)) }
func (c *column) int32(v int)      { c.size(4); c.b = binary.BigEndian.AppendUint32(c.b, uint32(v)) }
func (c *column) text(v string)    { c.size(len(v)); c.b = append(c.b, v...) }
func (c *column) bytes(v []byte)   { c.size(len(v)); c.b = append(c.b, v...) }
func (c *column) uuid(v [16]byte)  { c.size(16); c.b = append(c.b, v[:]...) }
func (c *column) time(v time.Time) { c.int64(v.UnixMicro() - epoch) }

// epoch is where PostgreSQL's time begins, in microseconds of Unix's.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

func (c *column) bool(v bool) {
	c.size(1)
	if v {
		c.b = append(c.b, 1)
	} else {
		c.b = append(c.b, 0)
	}
}

// maybe is a time, or null.
func (c *column) maybe(v *time.Time) {
	if v == nil {
		c.null()
	} else {
		c.time(*v)
	}
}

// blob is bytes, or null for nil.
func (c *column) blob(v []byte) {
	if v == nil {
		c.null()
	} else {
		c.bytes(v)
	}
}
