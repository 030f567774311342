package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// download fetches one file from one mirror, going on where a download before it stopped,
// and puts it in place once its hash is right.
func (f *fetcher) download(ctx context.Context, mirror string, w idxFile) error {
	part, err := openPart(f.dir, w.name+".gz")
	if err != nil {
		return &diskError{err}
	}
	defer part.close()
	url := mirror + w.name + ".gz"
	for {
		resumed := part.size > 0
		if err := f.get(ctx, url, w, part); err != nil {
			return err
		}
		err := f.install(part.file, w)
		if err == nil {
			part.done()
			return nil
		}
		if err := part.reset(); err != nil {
			return &diskError{err}
		}
		var bad *mismatchError
		if !resumed || !errors.As(err, &bad) {
			return fmt.Errorf("%s: %w", url, err)
		}
		// What lay in the part file was not the beginning of this file: once more, whole.
	}
}

// get appends the rest of url to part. A connection that breaks is made again as long as
// each brings something.
func (f *fetcher) get(ctx context.Context, url string, w idxFile, part *partFile) error {
	for {
		before := part.size
		err := f.getOnce(ctx, url, w, part)
		var cut *cutError
		if err == nil || !errors.As(err, &cut) || part.size <= before || ctx.Err() != nil {
			return err
		}
	}
}

// cutError is a connection that broke after the answer had begun.
type cutError struct{ error }

func (e *cutError) Unwrap() error { return e.error }

func (f *fetcher) getOnce(ctx context.Context, url string, w idxFile, part *partFile) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// One clock for name, connection, handshake and headers together: each has its own
	// limit in net/http, and their sum is what a person waits for.
	clock := time.AfterFunc(f.first, func() { cancel(fmt.Errorf("no answer within %v", f.first)) })
	defer clock.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if part.size > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", part.size))
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return because(ctx, url, err)
	}
	defer resp.Body.Close()
	clock.Stop()
	switch {
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && part.size > 0:
		return nil // complete already, or wrong: the hash tells
	case resp.StatusCode == http.StatusPartialContent && strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", part.size)):
	case resp.StatusCode == http.StatusOK:
		if err := part.reset(); err != nil {
			return &diskError{err}
		}
	default:
		return fmt.Errorf("%s: HTTP status %s", url, resp.Status)
	}
	return f.copyBody(ctx, cancel, url, w, part, resp)
}

// copyBody appends an answer's body to part.
func (f *fetcher) copyBody(ctx context.Context, cancel context.CancelCauseFunc, url string, w idxFile, part *partFile, resp *http.Response) error {
	clock := time.AfterFunc(f.stall, func() { cancel(fmt.Errorf("nothing came for %v", f.stall)) })
	defer clock.Stop()
	label, total := "MNIST "+w.name, int64(-1)
	if resp.ContentLength > 0 {
		total = part.size + resp.ContentLength
	}
	buf := make([]byte, 1<<16)
	for {
		n, err := resp.Body.Read(buf)
		clock.Reset(f.stall)
		if _, werr := part.Write(buf[:n]); werr != nil {
			return &diskError{werr}
		}
		if n > 0 {
			f.opt.progress(label, part.size, total)
		}
		switch {
		case err == io.EOF:
			if total < 0 {
				f.opt.progress(label, part.size, part.size)
			}
			return nil
		case err != nil:
			return &cutError{because(ctx, url, err)}
		case part.size > w.size+1<<20: // compressed is smaller, so this is something else
			return fmt.Errorf("%s: more than %d bytes, which is not the file", url, w.size)
		}
	}
}

// because names the clock that ran out, in place of "context canceled".
func because(ctx context.Context, url string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%s: %w", url, cause)
	}
	return err // net/http's own errors name the URL
}

// partFile is a download under way. One process owns the common name, by a lock that ends
// with the process, and finds there what one before it left; any other at the same moment
// works under a name of its own.
type partFile struct {
	file   *os.File
	size   int64
	shared bool
}

func openPart(dir, name string) (*partFile, error) {
	path := dir + string(os.PathSeparator) + name + ".part"
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if lock(f) && same(f, path) {
		size, err := f.Seek(0, io.SeekEnd)
		return &partFile{file: f, size: size, shared: true}, err
	}
	f.Close()
	f, err = os.CreateTemp(dir, ".tmp-"+name+"-*")
	if err != nil {
		return nil, err
	}
	return &partFile{file: f}, nil
}

// same reports whether path still names f: its owner before us may have removed it between
// our opening and our locking it.
func same(f *os.File, path string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}

func (p *partFile) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	p.size += int64(n)
	return n, err
}

func (p *partFile) reset() error {
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	p.size = 0
	return p.file.Truncate(0)
}

// done removes the file; its bytes are elsewhere.
func (p *partFile) done() { os.Remove(p.file.Name()) }

// close leaves a shared file that has something for the next download.
func (p *partFile) close() {
	if !p.shared || p.size == 0 {
		os.Remove(p.file.Name())
	}
	p.file.Close()
}
