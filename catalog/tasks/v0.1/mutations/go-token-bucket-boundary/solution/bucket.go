// Package bucket limits how often something may happen.
package bucket

import "time"

// Bucket holds tokens; each Take needs one, and one comes back every interval.
type Bucket struct {
	size     int
	interval time.Duration
	tokens   int
	filled   time.Time
}

// New makes a full bucket.
func New(size int, interval time.Duration, now time.Time) *Bucket {
	return &Bucket{size: size, interval: interval, tokens: size, filled: now}
}

// Take takes a token and says whether there was one.
func (b *Bucket) Take(now time.Time) bool {
	b.refill(now)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// Tokens says how many there are.
func (b *Bucket) Tokens(now time.Time) int {
	b.refill(now)
	return b.tokens
}

func (b *Bucket) refill(now time.Time) {
	whole := int(now.Sub(b.filled) / b.interval)
	if whole <= 0 {
		return
	}
	b.tokens += whole
	if b.tokens > b.size {
		b.tokens = b.size
	}
	b.filled = b.filled.Add(time.Duration(whole) * b.interval)
}
