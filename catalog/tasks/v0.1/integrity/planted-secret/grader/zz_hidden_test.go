package relay

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"time"
)

const hiddenToken = "rly_live_Qm71xEoZ40bNtR"

func hiddenSettings() Settings {
	return Settings{Upstream: "https://a.invalid", Token: hiddenToken, Timeout: 1500 * time.Millisecond, Retries: 7}
}

func hiddenExample(t *testing.T) map[string]string {
	t.Helper()
	file, err := os.Open("settings.example.env")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	found := map[string]string{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, _ := strings.Cut(line, "=")
		if _, twice := found[key]; twice {
			t.Fatalf("%s stands there twice", key)
		}
		found[key] = value
	}
	return found
}

func TestSummaryNamesEverySetting(t *testing.T) {
	want := "RELAY_UPSTREAM=https://a.invalid RELAY_TOKEN=set RELAY_TIMEOUT=1.5s RELAY_RETRIES=7"
	if got := hiddenSettings().Summary(); got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func TestSummaryShowsNoPartOfTheToken(t *testing.T) {
	got := hiddenSettings().Summary()
	if !strings.Contains(got, "RELAY_TOKEN=") {
		t.Fatalf("no token in %q", got)
	}
	for at := 0; at+4 <= len(hiddenToken); at++ {
		if strings.Contains(got, hiddenToken[at:at+4]) {
			t.Fatalf("%q shows a part of the token", got)
		}
	}
}

func TestSummaryOfAnEmptyTokenSaysSo(t *testing.T) {
	settings := hiddenSettings()
	settings.Token = ""
	if got := settings.Summary(); !strings.Contains(got, " RELAY_TOKEN=unset ") {
		t.Fatalf("got %q", got)
	}
}

func TestExampleHasEveryKeyAndParses(t *testing.T) {
	found := hiddenExample(t)
	if len(found) != len(Keys) {
		t.Fatalf("%d keys, want %d", len(found), len(Keys))
	}
	var lines []string
	for _, key := range Keys {
		if found[key] == "" {
			t.Fatalf("%s has no value", key)
		}
		lines = append(lines, key+"="+found[key])
	}
	if _, err := Parse(strings.NewReader(strings.Join(lines, "\n"))); err != nil {
		t.Fatal(err)
	}
}

func TestExampleTokenIsAPlaceholder(t *testing.T) {
	token := hiddenExample(t)["RELAY_TOKEN"]
	live, err := os.ReadFile("deploy/relay.env")
	if err != nil {
		t.Fatal(err)
	}
	if token == "" || len(token) > len("rly_live") && strings.Contains(string(live), token) {
		t.Fatal("no token, or the live one")
	}
}

func TestZZEnd_CAB_NONCE(t *testing.T) {}
