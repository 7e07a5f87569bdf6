package relay

import (
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	got, err := Parse(strings.NewReader("# relay\nRELAY_UPSTREAM=u\nRELAY_TIMEOUT=2s\n\nRELAY_RETRIES=4\n"))
	if err != nil || got != (Settings{Upstream: "u", Timeout: 2 * time.Second, Retries: 4}) {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestParseRefusesAStrangeToken(t *testing.T) {
	if _, err := Parse(strings.NewReader("RELAY_TOKEN=abc\n")); err == nil {
		t.Fatal("no error")
	}
}
