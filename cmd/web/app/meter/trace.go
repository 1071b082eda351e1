package meter

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgconn"
)

// connection is the class of an error that PostgreSQL did not give: it could not be reached, or went away.
const connection = "connection"

// Tracer counts what fails in the database, beside another tracer if there is one.
func (m *Meter) Tracer(beside pgx.QueryTracer) pgx.QueryTracer {
	if beside == nil {
		return tracer{m}
	}
	return multitracer.New(beside, tracer{m})
}

type tracer struct{ m *Meter }

// TraceQueryStart implements pgx.QueryTracer.
func (t tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (t tracer) TraceQueryEnd(_ context.Context, _ *pgx.Conn, d pgx.TraceQueryEndData) {
	t.failed(d.Err)
}

// TraceBatchStart implements pgx.BatchTracer.
func (t tracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (t tracer) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	t.failed(d.Err)
}

// TraceBatchEnd implements pgx.BatchTracer.
func (t tracer) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// TraceConnectStart implements pgx.ConnectTracer.
func (t tracer) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	return ctx
}

// TraceConnectEnd implements pgx.ConnectTracer.
func (t tracer) TraceConnectEnd(_ context.Context, d pgx.TraceConnectEndData) { t.failed(d.Err) }

// failed counts an error. One that the caller brought about by losing interest is none.
func (t tracer) failed(err error) {
	var pg *pgconn.PgError
	switch {
	case err == nil, errors.Is(err, context.Canceled):
	case errors.As(err, &pg):
		t.m.errors.WithLabelValues(class(pg.Code)).Inc()
	default:
		t.m.errors.WithLabelValues(connection).Inc()
	}
}

// class is the first two characters of a SQLSTATE: a digit or a capital each, of which PostgreSQL uses about forty pairs.
func class(code string) string {
	if len(code) != 5 {
		return "other"
	}
	for _, c := range []byte(code[:2]) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return "other"
		}
	}
	return code[:2]
}
