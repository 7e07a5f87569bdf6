package gohttphandler

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func ask(query string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	Greet(answer, httptest.NewRequest("GET", "/greet"+query, nil))
	return answer
}

func TestGreet_MissingNameReturns400(t *testing.T) {
	if got := ask("").Code; got != 400 {
		t.Fatalf("got %d, want 400", got)
	}
}

func TestGreet_EmptyNameReturns400(t *testing.T) {
	if got := ask("?name=").Code; got != 400 {
		t.Fatalf("got %d, want 400", got)
	}
}

func TestGreet_BlankNameReturns400(t *testing.T) {
	if got := ask("?name=%20%09").Code; got != 400 {
		t.Fatalf("got %d, want 400", got)
	}
}

func TestGreet_AnErrorCarriesNoGreeting(t *testing.T) {
	answer := ask("?title=Dr")
	if body := answer.Body.String(); body == "" || strings.Contains(body, "Hello") {
		t.Fatalf("got the body %q", body)
	}
}

func TestGreet_ANameIsGreeted(t *testing.T) {
	answer := ask("?name=Grace%20Hopper")
	if answer.Code != 200 || answer.Body.String() != "Hello, Grace Hopper!\n" {
		t.Fatalf("got %d %q", answer.Code, answer.Body)
	}
	if kind := answer.Header().Get("Content-Type"); !strings.HasPrefix(kind, "text/plain") {
		t.Fatalf("got the type %q", kind)
	}
}

func TestZZEnd_CAB_NONCE(t *testing.T) {}
