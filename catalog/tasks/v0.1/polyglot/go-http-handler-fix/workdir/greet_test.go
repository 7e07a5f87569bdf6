package gohttphandler

import (
	"net/http/httptest"
	"testing"
)

func TestSampleGreeting(t *testing.T) {
	answer := httptest.NewRecorder()
	Greet(answer, httptest.NewRequest("GET", "/greet?name=Ada", nil))
	if answer.Code != 200 || answer.Body.String() != "Hello, Ada!\n" {
		t.Fatalf("got %d %q", answer.Code, answer.Body)
	}
}
