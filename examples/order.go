package examples

type reserveIn struct {
	Account string  `json:"account"`
	Amount  float64 `json:"amount"`
}

type reserveOut struct {
	Hold   string  `json:"hold"`
	Amount float64 `json:"amount"`
}

func reserve(inv invocation, in reserveIn) (reserveOut, error) {
	return reserveOut{Hold: inv.id("hold"), Amount: in.Amount}, nil
}

type releaseIn struct {
	Hold string `json:"hold"`
}

type releaseOut struct {
	Released string `json:"released"`
}

func release(_ invocation, in releaseIn) (releaseOut, error) {
	return releaseOut{Released: in.Hold}, nil
}

type stockLine struct {
	SKU string `json:"sku"`
	N   int    `json:"n"`
}

type takeOut struct {
	Taken string `json:"taken"`
	stockLine
}

func take(inv invocation, in stockLine) (takeOut, error) {
	return takeOut{Taken: inv.id("take"), stockLine: in}, nil
}

type putBackOut struct {
	PutBack string `json:"put_back"`
	stockLine
}

func putBack(inv invocation, in stockLine) (putBackOut, error) {
	return putBackOut{PutBack: inv.id("put"), stockLine: in}, nil
}

type bookIn struct {
	Order string `json:"order"`
}

type bookOut struct {
	ID      string `json:"id"`
	Carrier string `json:"carrier"`
}

func book(inv invocation, _ bookIn) (bookOut, error) {
	return bookOut{ID: inv.id("ship"), Carrier: "Coda Parcels"}, nil
}

type mailIn struct {
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

type mailOut struct {
	MessageID string `json:"message_id"`
}

func sendMail(inv invocation, _ mailIn) (mailOut, error) {
	return mailOut{MessageID: inv.id("mail")}, nil
}
