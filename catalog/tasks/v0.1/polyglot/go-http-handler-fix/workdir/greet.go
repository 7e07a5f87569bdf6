// Package gohttphandler greets people over HTTP.
package gohttphandler

import (
	"fmt"
	"net/http"
)

// Greet answers ?name=NAME with "Hello, NAME!".
func Greet(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	name := r.URL.Query().Get("name")
	if name == "" {
		http.Error(w, "name is missing", http.StatusBadRequest)
	}
	fmt.Fprintf(w, "Hello, %s!\n", name)
}
