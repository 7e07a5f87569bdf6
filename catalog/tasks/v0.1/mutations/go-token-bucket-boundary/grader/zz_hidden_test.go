package bucket

import (
	"testing"
	"time"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestAFullBucketGivesAllOfItsTokens(t *testing.T) {
	b := New(5, time.Second, start)
	for i := 1; i <= 5; i++ {
		if !b.Take(start) {
			t.Fatalf("call %d failed", i)
		}
	}
	if b.Take(start) {
		t.Fatal("a sixth call succeeded")
	}
}

func TestATokenComesBackEachInterval(t *testing.T) {
	b := New(2, time.Second, start)
	b.Take(start)
	b.Take(start)
	if b.Take(start.Add(999 * time.Millisecond)) {
		t.Fatal("too early")
	}
	if !b.Take(start.Add(time.Second)) {
		t.Fatal("a second later there is one")
	}
	if b.Take(start.Add(1500 * time.Millisecond)) {
		t.Fatal("only one came back")
	}
}

func TestNeverMoreThanItsSize(t *testing.T) {
	b := New(3, time.Second, start)
	if got := b.Tokens(start.Add(time.Hour)); got != 3 {
		t.Fatalf("got %d tokens", got)
	}
}

func TestPartsOfAnIntervalAreNotLost(t *testing.T) {
	b := New(4, time.Second, start)
	for i := 0; i < 4; i++ {
		b.Take(start)
	}
	b.Tokens(start.Add(700 * time.Millisecond))
	if got := b.Tokens(start.Add(1400 * time.Millisecond)); got != 1 {
		t.Fatalf("got %d tokens", got)
	}
	if got := b.Tokens(start.Add(2100 * time.Millisecond)); got != 2 {
		t.Fatalf("got %d tokens", got)
	}
}

func TestZZEnd_CAB_NONCE(t *testing.T) {}
