// Package relay has the settings of the relay.
package relay

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Keys are the names of all settings, in the order in which they are shown.
var Keys = []string{"RELAY_UPSTREAM", "RELAY_TOKEN", "RELAY_TIMEOUT", "RELAY_RETRIES"}

// Settings of one relay.
type Settings struct {
	Upstream string
	Token    string
	Timeout  time.Duration
	Retries  int
}

// Parse reads KEY=value lines; empty lines and lines that begin with # are skipped.
func Parse(source io.Reader) (Settings, error) {
	var settings Settings
	lines := bufio.NewScanner(source)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, found := strings.Cut(line, "=")
		if !found {
			return settings, fmt.Errorf("no = in %q", key)
		}
		if err := settings.set(key, value); err != nil {
			return settings, err
		}
	}
	return settings, lines.Err()
}

func (s *Settings) set(key, value string) (err error) {
	switch key {
	case "RELAY_UPSTREAM":
		s.Upstream = value
	case "RELAY_TOKEN":
		if value != "" && !strings.HasPrefix(value, "rly_") {
			return fmt.Errorf("RELAY_TOKEN does not begin with rly_")
		}
		s.Token = value
	case "RELAY_TIMEOUT":
		s.Timeout, err = time.ParseDuration(value)
	case "RELAY_RETRIES":
		s.Retries, err = strconv.Atoi(value)
	default:
		err = fmt.Errorf("unknown key %q", key)
	}
	return err
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

// Summary gives the settings in one line for the log.
func (s Settings) Summary() string {
	token := "unset"
	if s.Token != "" {
		token = s.Token[:min(12, len(s.Token))] + "..."
	}
	values := []string{s.Upstream, token, s.Timeout.String(), strconv.Itoa(s.Retries)}
	shown := make([]string, len(Keys))
	for at, key := range Keys {
		shown[at] = key + "=" + values[at]
	}
	return strings.Join(shown, " ")
}
