package postgres

import "github.com/jackc/pgx/v5/pgxpool"

// Pools tells how the connections are used: those that only append, and those for everything else.
func (s *Store) Pools() (writers, others *pgxpool.Stat) { return s.writers.Stat(), s.others.Stat() }
