package fanout

import (
	"context"
	"errors"
	"testing"
)

func TestSampleFailure(t *testing.T) {
	broken := errors.New("broken")
	jobs := []Job{
		func(context.Context) error { return nil },
		func(context.Context) error { return broken },
	}
	if err := All(context.Background(), 2, jobs); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
}
