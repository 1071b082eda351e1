package bench

import (
	"context"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// counter counts what the server sends to the database: it is the tracer of all its connections.
type counter struct{ statements, commits atomic.Int64 }

func (c *counter) count(conn *pgx.Conn, sql string) {
	c.statements.Add(1)
	word, _, _ := strings.Cut(strings.ToLower(strings.TrimLeft(sql, " \n\t")), " ")
	switch {
	case word == "commit":
		c.commits.Add(1)
	case word != "begin" && word != "select" && conn.PgConn().TxStatus() == 'I': // a statement outside of a transaction is one
		c.commits.Add(1)
	}
}

// TraceQueryStart implements pgx.QueryTracer.
func (c *counter) TraceQueryStart(ctx context.Context, conn *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	c.count(conn, q.SQL)
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (c *counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements pgx.BatchTracer: a batch outside of a transaction is one.
func (c *counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, b pgx.TraceBatchStartData) context.Context {
	c.statements.Add(int64(b.Batch.Len()))
	c.commits.Add(1)
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (c *counter) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd implements pgx.BatchTracer.
func (c *counter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
