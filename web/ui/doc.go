// Package ui holds the TypeScript sources of the canvas and of the live run page. They are built into web/static/dist and served from there; no
// Go code lives here beside the generator of their types.
//
// To rebuild: npm ci, npm run build. To rewrite src/types.gen.ts from the structs of web/view and src/words.gen.ts from
// web/words: go generate ./web/ui.
package ui

//go:generate go run ./gen -out src/types.gen.ts -words src/words.gen.ts -cases src/words.cases.gen.ts
