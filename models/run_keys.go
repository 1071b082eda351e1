package models

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
)

// inputsUnread is the setting with the number of the newest run whose keys nobody has made: it was there before keys were. None is left without it.
const inputsUnread = "inputs-unread"

// keyArray is a list of keys as PostgreSQL writes it.
func keyArray(keys []int64) string {
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = strconv.FormatInt(k, 10)
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// InputsUnread says when the newest run began that can't be found by its input yet; the zero time if all can.
func (db *DB) InputsUnread(ctx context.Context) (time.Time, error) {
	mark, err := db.unreadMark(ctx)
	if err != nil || mark < 0 {
		return time.Time{}, err
	}
	var r Run
	err = db.on(ctx).Where("id <= ?", mark).Order("id DESC").Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return time.Time{}, nil
	}
	return r.CreatedAt, wrap(err, "reading from where on runs are found by their inputs")
}

// unreadMark is the number of the newest run without keys, -1 without one.
func (db *DB) unreadMark(ctx context.Context) (int64, error) {
	text, err := db.Setting(ctx, inputsUnread)
	if errors.Is(err, ErrNotFound) {
		return -1, nil
	}
	if err != nil {
		return 0, err
	}
	mark, err := strconv.ParseInt(string(text), 10, 64)
	return mark, wrap(err, "reading the setting %q", inputsUnread)
}

// ReadInputs makes the keys of up to most runs that were there before keys were, the newest first. keys makes them of a run's first transition. more says
// that there are others. Several servers may do so at a time.
func (db *DB) ReadInputs(ctx context.Context, most int, keys func(first []byte) []int64) (more bool, err error) {
	mark, err := db.unreadMark(ctx)
	if err != nil || mark < 0 {
		return false, err
	}
	var rows []struct {
		ID    int64
		Facts []byte
	}
	const largest = 256 << 10 // what stands in a larger one is not read for the few values at its head
	err = db.on(ctx).Raw(`SELECT r.id, j.facts FROM runs r LEFT JOIN journal j ON j.run = r.id AND j.seq = 1 AND octet_length(j.facts) <= ?
		WHERE r.id <= ? ORDER BY r.id DESC LIMIT ?`, largest, mark, most).Scan(&rows).Error
	if err != nil {
		return false, wrap(err, "reading the inputs of runs up to %d", mark)
	}
	if len(rows) == 0 {
		return false, db.DeleteSetting(ctx, inputsUnread)
	}
	type keyed struct {
		Run  int64   `json:"run"`
		Keys []int64 `json:"keys"`
	}
	var found []keyed
	for _, r := range rows {
		if k := keys(r.Facts); len(k) > 0 {
			found = append(found, keyed{r.ID, k})
		}
	}
	text, err := json.Marshal(found)
	if err != nil {
		return false, wrap(err, "writing the keys of runs")
	}
	if len(found) > 0 {
		err = db.on(ctx).Exec(`INSERT INTO run_keys (run, keys) SELECT run, keys FROM jsonb_to_recordset(?::jsonb) AS u (run bigint, keys bigint[]) ON CONFLICT DO NOTHING`,
			string(text)).Error
		if err != nil {
			return false, wrap(err, "writing the keys of runs")
		}
	}
	return true, db.PutSetting(ctx, inputsUnread, strconv.AppendInt(nil, rows[len(rows)-1].ID-1, 10))
}

// FirstFacts reads the first transition of runs, by the run's number. One larger than most bytes is left away, and so is one that is not there.
func (db *DB) FirstFacts(ctx context.Context, runs []int64, most int) (map[int64][]byte, error) {
	if len(runs) == 0 {
		return nil, nil
	}
	var rows []struct {
		Run   int64
		Facts []byte
	}
	err := db.on(ctx).Raw(`SELECT run, facts FROM journal WHERE run IN ? AND seq = 1 AND octet_length(facts) <= ?`, runs, most).Scan(&rows).Error
	out := make(map[int64][]byte, len(rows))
	for _, r := range rows {
		out[r.Run] = r.Facts
	}
	return out, wrap(err, "reading how %d runs began", len(runs))
}
