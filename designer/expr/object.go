package expr

import (
	"reflect"
	"sort"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// object is a decoded JSON object: a CEL map whose keys are sorted and which knows the text it came from.
type object struct {
	src     string
	at      span
	members []member // sorted by key, each key once
}

var (
	_ traits.Mapper   = (*object)(nil)
	_ traits.Foldable = (*object)(nil)
)

func (o *object) find(key string) (member, bool) {
	lo, hi := 0, len(o.members)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if o.members[mid].key < key {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(o.members) && o.members[lo].key == key {
		return o.members[lo], true
	}
	return member{}, false
}

func (o *object) raw() string { return o.src[o.at.from:o.at.to] }

// FindStringKey is the interpreter's short way to a field.
func (o *object) FindStringKey(key string) (any, bool) {
	m, ok := o.find(key)
	if !ok {
		return nil, false
	}
	return m.val, true
}

func (o *object) Find(key ref.Val) (ref.Val, bool) {
	s, ok := key.(types.String)
	if !ok {
		return nil, false
	}
	m, ok := o.find(string(s))
	if !ok {
		return nil, false
	}
	return m.val, true
}

func (o *object) Get(key ref.Val) ref.Val {
	v, ok := o.Find(key)
	if !ok {
		return types.NewErr("no such key: %v", key.Value())
	}
	return v
}

func (o *object) Contains(key ref.Val) ref.Val {
	_, ok := o.Find(key)
	return types.Bool(ok)
}

func (o *object) Size() ref.Val { return types.Int(len(o.members)) }

func (o *object) Iterator() traits.Iterator {
	keys := make([]ref.Val, len(o.members))
	for i, m := range o.members {
		keys[i] = types.String(m.key)
	}
	return types.NewRefValList(types.DefaultTypeAdapter, keys).Iterator()
}

// Fold visits the entries in key order.
func (o *object) Fold(f traits.Folder) {
	for _, m := range o.members {
		if !f.FoldEntry(types.String(m.key), m.val) {
			return
		}
	}
}

func (o *object) IsZeroValue() bool { return len(o.members) == 0 }

func (o *object) Equal(other ref.Val) ref.Val {
	if other == ref.Val(o) {
		return types.True
	}
	m, ok := other.(traits.Mapper)
	if !ok || m.Size() != o.Size() {
		return types.False
	}
	for _, e := range o.members {
		v, found := m.Find(types.String(e.key))
		if !found || types.Equal(e.val, v) != types.True {
			return types.False
		}
	}
	return types.True
}

// plain is the same map as the library would have built it, for conversions.
func (o *object) plain() traits.Mapper {
	vals := make(map[ref.Val]ref.Val, len(o.members))
	for _, m := range o.members {
		vals[types.String(m.key)] = m.val
	}
	return types.NewRefValMap(types.DefaultTypeAdapter, vals)
}

func (o *object) ConvertToNative(t reflect.Type) (any, error) { return o.plain().ConvertToNative(t) }

func (o *object) ConvertToType(t ref.Type) ref.Val {
	if t == types.MapType {
		return o
	}
	return o.plain().ConvertToType(t)
}

func (o *object) Type() ref.Type { return types.MapType }

func (o *object) Value() any { return o.plain().Value() }

// list is a decoded JSON array that knows the text it came from.
type list struct {
	traits.Lister
	elems []ref.Val
	src   string
	at    span
	spans []span
}

func newList(elems []ref.Val, src string, at span, spans []span) *list {
	return &list{Lister: types.NewRefValList(types.DefaultTypeAdapter, elems), elems: elems, src: src, at: at, spans: spans}
}

func (l *list) Equal(other ref.Val) ref.Val {
	if other == ref.Val(l) {
		return types.True
	}
	return l.Lister.Equal(other)
}

func (l *list) raw() string { return l.src[l.at.from:l.at.to] }

func (l *list) IsZeroValue() bool { return len(l.elems) == 0 }

// Fold visits the elements in order.
func (l *list) Fold(f traits.Folder) {
	for i, e := range l.elems {
		if !f.FoldEntry(types.Int(i), e) {
			return
		}
	}
}

// ordered makes any map that an expression built visit its entries in key order; every other value passes unchanged.
func ordered(v ref.Val) ref.Val {
	m, ok := v.(traits.Mapper)
	if !ok {
		return v
	}
	if _, ok := m.(*object); ok {
		return v
	}
	return &orderedMap{Mapper: m, keys: sortedKeys(m)}
}

type orderedMap struct {
	traits.Mapper
	keys []ref.Val
}

func (o *orderedMap) Iterator() traits.Iterator {
	return types.NewRefValList(types.DefaultTypeAdapter, o.keys).Iterator()
}

func (o *orderedMap) Fold(f traits.Folder) {
	for _, k := range o.keys {
		if !f.FoldEntry(k, o.Get(k)) {
			return
		}
	}
}

// sortedKeys lists a map's keys: by kind of key first (a map may mix them), then by value.
func sortedKeys(m traits.Mapper) []ref.Val {
	var keys []ref.Val
	for it := m.Iterator(); it.HasNext() == types.True; {
		keys = append(keys, it.Next())
	}
	sort.SliceStable(keys, func(i, j int) bool {
		a, b := keys[i], keys[j]
		if a.Type().TypeName() != b.Type().TypeName() {
			return a.Type().TypeName() < b.Type().TypeName()
		}
		c, ok := a.(traits.Comparer)
		return ok && c.Compare(b) == types.IntNegOne
	})
	return keys
}
