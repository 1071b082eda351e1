// Package house holds the tests that keep the house in order: who may import whom, package comments, sizes of files, and what no
// source may contain. It has no code of its own.
package house
