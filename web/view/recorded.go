package view

// Recorded is what expressions are worth in a run: POST /api/v1/runs/{id}/evaluate.
type Recorded struct {
	Values []RecordedValue `json:"values"`          // as many as were asked for, in their order
	Items  int             `json:"items,omitempty"` // how long the list of the for_each is
	Item   int             `json:"item,omitempty"`  // whose `item` was taken
}

// RecordedValue is the value of an expression, or why there is none.
type RecordedValue struct {
	Text  string `json:"text,omitempty"`  // JSON, as it was recorded; its beginning if Cut
	Bytes int    `json:"bytes,omitempty"` // of the whole value
	Cut   bool   `json:"cut,omitempty"`
	Why   string `json:"why,omitempty"` // a sentence: why there is none
}
