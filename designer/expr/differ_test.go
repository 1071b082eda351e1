package expr

import (
	"fmt"
	"testing"
)

func TestDifferences(t *testing.T) {
	self := &Type{Kinds: Map}
	self.Fields = []TypeField{{Name: "left", Type: self}}
	for _, c := range []struct {
		a, b *Type
		want string
	}{
		{Of(String), Of(String), "[]"}, {Of(String), Of(Int), "[{ string integer}]"}, {AnyType, Of(Int), "[{ any value integer}]"},
		{OneOf(String, `"a"`), OneOf(String, `"a"`, `"b"`), `[{ "a" "a" or "b"}]`},
		{ObjectOf(TypeField{Name: "a", Type: Of(Int), Required: true}, TypeField{Name: "gone", Type: Of(Bool)}),
			ObjectOf(TypeField{Name: "a", Type: Of(Int)}, TypeField{Name: "new", Type: Of(String), Required: true}),
			"[{a integer integer, may be absent} {gone boolean, may be absent } {new  string}]"},
		{ListOf(ObjectOf(TypeField{Name: "n", Type: Of(Int), Required: true})), ListOf(ObjectOf(TypeField{Name: "n", Type: Of(Int | Null), Required: true})),
			"[{[].n integer integer or null}]"},
		{self, ObjectOf(TypeField{Name: "left", Type: self}), "[]"},
	} {
		if got := fmt.Sprint(Differences(c.a, c.b)); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
