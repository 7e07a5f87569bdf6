package bucket

import (
	"testing"
	"time"
)

func TestSampleStart(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if !New(3, time.Minute, now).Take(now) {
		t.Fatal("a full bucket gave nothing")
	}
}
