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
	if inv.before.undone {
		return reserveOut{}, lateForUndo
	}
	return reserveOut{Hold: inv.id("hold"), Amount: in.Amount}, nil
}

// lateForUndo refuses a call that comes after what undoes it: nothing would undo what it does.
var lateForUndo = Rejected{"this call was undone before it came"}

// releaseIn names the call that reserved the funds, and the hold if anybody knows it: the answer may have been lost, or the call with it.
type releaseIn struct {
	Key  string `json:"key"`
	Hold string `json:"hold"`
}

type releaseOut struct {
	Released string `json:"released,omitempty"`
}

func release(inv invocation, in releaseIn) (releaseOut, error) {
	if in.Key == "" { // an older version of the flow, which undoes only what completed
		return releaseOut{Released: in.Hold}, nil
	}
	reserved, err := inv.undo(in.Key)
	if err != nil || !reserved {
		return releaseOut{}, err
	}
	if in.Hold == "" {
		in.Hold = identifier("hold", in.Key)
	}
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
	if inv.before.undone {
		return takeOut{}, lateForUndo
	}
	return takeOut{Taken: inv.id("take"), stockLine: in}, nil
}

type putBackIn struct {
	Key string `json:"key"` // of the call that took it
	stockLine
}

type putBackOut struct {
	PutBack string `json:"put_back,omitempty"`
	stockLine
}

func putBack(inv invocation, in putBackIn) (putBackOut, error) {
	if in.Key != "" { // an older version of the flow has none, and undoes only what completed
		if taken, err := inv.undo(in.Key); err != nil || !taken {
			return putBackOut{stockLine: in.stockLine}, err
		}
	}
	return putBackOut{PutBack: inv.id("put"), stockLine: in.stockLine}, nil
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
