// Package gohttphandler greets people over HTTP.
package gohttphandler

import (
	"fmt"
	"net/http"
	"strings"
)

// Greet answers ?name=NAME with "Hello, NAME!".
func Greet(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	if strings.TrimSpace(name) == "" {
		http.Error(w, "name is missing", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "Hello, %s!\n", name)
}
