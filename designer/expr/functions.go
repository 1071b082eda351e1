package expr

import "slices"

// Function is a function, method or macro of expressions, as help for whoever writes one.
type Function struct {
	Name      string // as it is written: "size", "math.least", "orValue"
	Method    bool   // written behind a value and a dot
	On        Kinds  // Method: the kinds of value that have it; 0: an optional has it
	Signature string // "(text) → bool"; "()" alone when nothing goes in
	About     string // one line
	Example   string // an expression that compiles
}

// Functions lists what expressions offer beside operators, in the order of their names.
func Functions() []Function { return slices.Clone(library) }

var library = []Function{
	{"all", true, List | Map, "(x, condition) → bool", "Whether the condition holds for every element.", "[1, 2].all(x, x > 0)"},
	{"base64.decode", false, 0, "(text) → bytes", "The bytes that a base64 text stands for.", `base64.decode("aGk=")`},
	{"base64.encode", false, 0, "(bytes) → string", "Bytes as base64.", `base64.encode(b"hi")`},
	{"charAt", true, String, "(index) → string", "The character at a place, from 0.", `"abc".charAt(1)`},
	{"contains", true, String, "(text) → bool", "Whether the text is part of it.", `"abc".contains("b")`},
	{"distinct", true, List, "() → list", "The elements, each once.", "[1, 1, 2].distinct()"},
	{"double", false, 0, "(value) → number", "A number or a text as a number with a fraction.", `double("1.5")`},
	{"duration", false, 0, "(text) → duration", "A duration, such as 90s.", `duration("90s") > duration("1m")`},
	{"dyn", false, 0, "(value) → any value", "The value, with nothing known of its type.", "dyn(1)"},
	{"endsWith", true, String, "(text) → bool", "Whether it ends with the text.", `"abc".endsWith("c")`},
	{"exists", true, List | Map, "(x, condition) → bool", "Whether the condition holds for at least one element.", "[1, 2].exists(x, x > 1)"},
	{"exists_one", true, List | Map, "(x, condition) → bool", "Whether the condition holds for exactly one element.", "[1, 2].exists_one(x, x > 1)"},
	{"filter", true, List | Map, "(x, condition) → list", "The elements for which the condition holds.", "[1, 2].filter(x, x > 1)"},
	{"flatten", true, List, "() → list", "The elements of the lists in it, in one list.", "[[1], [2]].flatten()"},
	{"format", true, String, "(list) → string", "The text with %s and %d filled in.", `"%s of %d".format(["1", 2])`},
	{"getDayOfWeek", true, Time, "() → integer", "The day of the week, 0 for Sunday, in UTC.", `timestamp("2026-01-31T09:00:00Z").getDayOfWeek()`},
	{"getFullYear", true, Time, "() → integer", "The year, in UTC.", `timestamp("2026-01-31T09:00:00Z").getFullYear()`},
	{"getHours", true, Time, "() → integer", "The hour of the day, in UTC.", `timestamp("2026-01-31T09:00:00Z").getHours()`},
	{"has", false, 0, "(path) → bool", "Whether the property at the end of the path is there.", "has(input.a.b)"},
	{"hasValue", true, 0, "() → bool", "Whether the optional holds a value.", "input.?a.hasValue()"},
	{"indexOf", true, String, "(text) → integer", "Where the text begins, -1 if it is not in it.", `"abc".indexOf("b")`},
	{"int", false, 0, "(value) → integer", "A number or a text as a whole number.", `int("7")`},
	{"join", true, List, "(separator) → string", "The texts of the list as one.", `["a", "b"].join(", ")`},
	{"lists.range", false, 0, "(n) → list of integer", "The numbers from 0 up to n, without n.", "lists.range(3)"},
	{"lowerAscii", true, String, "() → string", "The text in small letters.", `"A".lowerAscii()`},
	{"map", true, List | Map, "(x, value) → list", "A list of what the value is for each element.", "[1, 2].map(x, x * 2)"},
	{"matches", true, String, "(pattern) → bool", "Whether a part of it matches the regular expression (RE2).", `"abc".matches("^a")`},
	{"math.abs", false, 0, "(number) → number", "The number without its sign.", "math.abs(-1)"},
	{"math.ceil", false, 0, "(number) → number", "The nearest whole number that is not smaller.", "math.ceil(1.2)"},
	{"math.floor", false, 0, "(number) → number", "The nearest whole number that is not larger.", "math.floor(1.8)"},
	{"math.greatest", false, 0, "(numbers…) → number", "The largest.", "math.greatest(1, 2)"},
	{"math.least", false, 0, "(numbers…) → number", "The smallest.", "math.least(1, 2)"},
	{"math.round", false, 0, "(number) → number", "The nearest whole number.", "math.round(1.5)"},
	{"optMap", true, 0, "(x, value) → optional", "What the value is for what the optional holds.", "input.?a.optMap(x, x + 1)"},
	{"or", true, 0, "(optional) → optional", "Another optional if this one holds nothing.", "input.?a.or(input.?b)"},
	{"orValue", true, 0, "(value)", "What the optional holds, or the value.", `input.?a.orValue("none")`},
	{"replace", true, String, "(old, new) → string", "The text with every old replaced.", `"abc".replace("b", "x")`},
	{"reverse", true, List, "() → list", "The elements from the last to the first.", "[1, 2].reverse()"},
	{"sets.contains", false, 0, "(list, list) → bool", "Whether every element of the second is in the first.", "sets.contains([1, 2], [1])"},
	{"size", true, String | Bytes | List | Map, "() → integer", "How many characters, elements or keys there are.", "[1, 2].size()"},
	{"size", false, 0, "(value) → integer", "How many characters, elements or keys there are.", "size([1, 2])"},
	{"sort", true, List, "() → list", "The elements in order.", "[2, 1].sort()"},
	{"split", true, String, "(separator) → list of string", "The parts between separators.", `"a,b".split(",")`},
	{"startsWith", true, String, "(text) → bool", "Whether it begins with the text.", `"abc".startsWith("a")`},
	{"string", false, 0, "(value) → string", "A number, a truth value or a time as text.", "string(1)"},
	{"substring", true, String, "(start, end) → string", "The part from start up to end, without end.", `"abc".substring(0, 1)`},
	{"timestamp", false, 0, "(text) → time", "An RFC 3339 time.", `timestamp("2026-01-31T09:00:00Z")`},
	{"trim", true, String, "() → string", "The text without blanks around it.", `" a ".trim()`},
	{"type", false, 0, "(value)", "The type of a value.", "type(1) == int"},
	{"upperAscii", true, String, "() → string", "The text in capital letters.", `"a".upperAscii()`},
}
