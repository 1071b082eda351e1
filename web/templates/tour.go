package templates

import (
	"fmt"
	"strings"
)

// Tour is what a run of the sample offers to try next. The zero value is nothing.
type Tour struct {
	Kill  string // the command that kills this server, "" unless the run goes on
	Again string // the command that starts it again, "" if it is not known
	Next  string // where a run starts that waits long enough for it
}

// Connect is the part of the functions page that says how to add a function of one's own.
type Connect struct {
	Kind  string // http or lambda
	Open  bool   // the address asks for it
	Base  string // this server's address, without a slash at its end
	Token bool   // a request needs a bearer token
}

// helloSchemas are the contracts of the function of the snippets.
const helloSchemas = `"input": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
  "output": {"type": "object", "required": ["greeting"], "properties": {"greeting": {"type": "string"}}}`

// The function of the snippets, as a server of its own and as a Lambda handler.
const (
	helloHTTP = `package main

import (
	"encoding/json"
	"log"
	"net/http"
)

func main() {
	log.Fatal(http.ListenAndServe("127.0.0.1:9000", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Name string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]string{"greeting": "Hello, " + in.Name})
	})))
}
`
	helloLambda = `package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(ctx context.Context, in struct{ Name string }) (map[string]string, error) {
		return map[string]string{"greeting": "Hello, " + in.Name}, nil
	})
}
`
)

// code is the function's source, run the command that makes it run, and register the command that tells this server of it.
func (c Connect) code() string {
	if c.Kind == "lambda" {
		return helloLambda
	}
	return helloHTTP
}

func (c Connect) run() string {
	if c.Kind == "lambda" {
		return "go mod init hello && go mod tidy && go build -o /tmp/hello ."
	}
	return "go run hello.go"
}

func (c Connect) register() string {
	how := `"http": {"url": "http://127.0.0.1:9000"}`
	if c.Kind == "lambda" {
		how = `"process": {"command": ["/tmp/hello"]}`
	}
	var token string
	if c.Token {
		token = ` -H "Authorization: Bearer $SEGNO_TOKEN"`
	}
	return fmt.Sprintf("curl -X PUT %s/api/v1/functions/hello%s \\\n  -H 'Content-Type: application/json' -d '{\n  %s, \"idempotent\": true, \"timeout\": \"10s\",\n  %s}'",
		strings.TrimSuffix(c.Base, "/"), token, how, helloSchemas)
}
