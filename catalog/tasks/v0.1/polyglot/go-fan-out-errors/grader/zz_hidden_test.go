package fanout

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

var errBroken = errors.New("broken")

func within(t *testing.T, limit time.Duration, work func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); work() }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatal("it did not return in time")
	}
}

func TestAllRunsEveryJob(t *testing.T) {
	var ran int32
	jobs := make([]Job, 50)
	for i := range jobs {
		jobs[i] = func(context.Context) error { atomic.AddInt32(&ran, 1); return nil }
	}
	within(t, 10*time.Second, func() {
		if err := All(context.Background(), 4, jobs); err != nil {
			t.Errorf("got %v", err)
		}
	})
	if ran != 50 {
		t.Fatalf("%d of 50 jobs ran", ran)
	}
}

func TestAllKeepsTheLimit(t *testing.T) {
	for _, limit := range []int{0, 1, 3} {
		var now, most int32
		jobs := make([]Job, 12)
		for i := range jobs {
			jobs[i] = func(context.Context) error {
				n := atomic.AddInt32(&now, 1)
				for {
					seen := atomic.LoadInt32(&most)
					if n <= seen || atomic.CompareAndSwapInt32(&most, seen, n) {
						break
					}
				}
				time.Sleep(2 * time.Millisecond)
				atomic.AddInt32(&now, -1)
				return nil
			}
		}
		within(t, 10*time.Second, func() { _ = All(context.Background(), limit, jobs) })
		want := int32(limit)
		if want < 1 {
			want = 1
		}
		if most != want {
			t.Errorf("limit %d: %d ran at a time", limit, most)
		}
	}
}

func TestAllStartsNothingAfterAFailure(t *testing.T) {
	var ran int32
	jobs := []Job{func(context.Context) error { return errBroken }}
	for i := 0; i < 100; i++ {
		jobs = append(jobs, func(context.Context) error {
			atomic.AddInt32(&ran, 1)
			time.Sleep(20 * time.Millisecond)
			return nil
		})
	}
	within(t, 10*time.Second, func() {
		if err := All(context.Background(), 2, jobs); !errors.Is(err, errBroken) {
			t.Errorf("got %v", err)
		}
	})
	if ran > 4 {
		t.Fatalf("%d jobs were started after the failure", ran)
	}
}

func TestAllWaitsForWhatItStarted(t *testing.T) {
	var running int32
	slow := func(ctx context.Context) error {
		atomic.AddInt32(&running, 1)
		<-ctx.Done()
		time.Sleep(30 * time.Millisecond)
		atomic.AddInt32(&running, -1)
		return ctx.Err()
	}
	fast := func(context.Context) error {
		for atomic.LoadInt32(&running) < 2 {
			time.Sleep(time.Millisecond)
		}
		return errBroken
	}
	within(t, 10*time.Second, func() {
		if err := All(context.Background(), 3, []Job{slow, slow, fast}); !errors.Is(err, errBroken) {
			t.Errorf("got %v", err)
		}
	})
	if left := atomic.LoadInt32(&running); left != 0 {
		t.Fatalf("%d jobs were still running", left)
	}
}

func TestAllStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var ran int32
	jobs := []Job{func(context.Context) error { atomic.AddInt32(&ran, 1); return nil }}
	within(t, 10*time.Second, func() {
		if err := All(ctx, 1, jobs); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	if ran != 0 {
		t.Fatal("a job was started although the context had ended")
	}
}

func TestZZEnd_CAB_NONCE(t *testing.T) {}
