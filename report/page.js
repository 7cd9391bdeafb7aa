(function () {
  'use strict';
  var doc = document, box = doc.getElementById('search'), count = doc.getElementById('shown');
  doc.body.classList.add('scripted');
  if (!box) { return; }
  var rows = Array.prototype.slice.call(doc.querySelectorAll('.rows tbody tr'));
  var chips = Array.prototype.slice.call(doc.querySelectorAll('.chip'));
  var current = -1;
  function pressed(chip) { return chip.getAttribute('aria-pressed') === 'true'; }
  function press(chip, on) { chip.setAttribute('aria-pressed', on ? 'true' : 'false'); }
  function visible() { return rows.filter(function (row) { return !row.hidden; }); }
  function apply() {
    var on = {}, words = box.value.trim().toLowerCase();
    chips.forEach(function (chip) { on[chip.dataset.k] = pressed(chip); });
    rows.forEach(function (row) {
      row.hidden = !on[row.dataset.k] || (words !== '' && row.textContent.toLowerCase().indexOf(words) < 0);
    });
    count.textContent = visible().length + ' of ' + rows.length + ' shown';
  }
  function remember() {
    var off = chips.filter(function (chip) { return !pressed(chip); }).map(function (chip) { return chip.dataset.k; });
    var state = [];
    if (off.length) { state.push('hide=' + off.join(',')); }
    if (box.value.trim()) { state.push('find=' + encodeURIComponent(box.value.trim())); }
    if (state.length || /^#(hide|find)=/.test(location.hash)) {
      location.replace('#' + (state.join('&') || 'sessions'));
    }
  }
  function recall() {
    var hash = location.hash.slice(1);
    if (!/^(hide|find)=/.test(hash)) { return; }
    hash.split('&').forEach(function (part) {
      var at = part.indexOf('='), name = part.slice(0, at), value = part.slice(at + 1);
      if (name === 'hide') {
        var off = value.split(',');
        chips.forEach(function (chip) { press(chip, off.indexOf(chip.dataset.k) < 0); });
      } else if (name === 'find') {
        try { box.value = decodeURIComponent(value); } catch (e) { box.value = ''; }
      }
    });
    doc.getElementById('sessions').scrollIntoView();
  }
  function move(step) {
    var list = visible();
    if (!list.length) { return; }
    if (rows[current]) { rows[current].classList.remove('current'); }
    var at = list.indexOf(rows[current]) + step;
    current = rows.indexOf(list[Math.max(0, Math.min(list.length - 1, at))]);
    rows[current].classList.add('current');
    rows[current].scrollIntoView({ block: 'nearest' });
  }
  function open(id) {
    var target = doc.getElementById(id);
    if (target && target.tagName === 'DETAILS') { target.open = true; }
  }
  chips.forEach(function (chip) {
    chip.addEventListener('click', function () { press(chip, !pressed(chip)); apply(); remember(); });
  });
  box.addEventListener('input', apply);
  box.addEventListener('change', remember);
  doc.addEventListener('keydown', function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey) { return; }
    if (e.target === box) {
      if (e.key === 'Escape') { box.value = ''; apply(); remember(); box.blur(); }
      return;
    }
    if (e.key === '/') { e.preventDefault(); box.focus(); }
    else if (e.key === 'j') { move(1); }
    else if (e.key === 'k') { move(-1); }
    else if (e.key === 'Enter' && rows[current] && e.target === doc.body) {
      var link = rows[current].querySelector('th a');
      if (link) { location.hash = link.getAttribute('href'); }
    }
    else if (e.key === 'v') { location.hash = 'verdict'; }
    else if (e.key === 't') { location.hash = 'when'; }
    else if (e.key === 'f') { location.hash = 'findings'; }
  });
  window.addEventListener('hashchange', function () { open(location.hash.slice(1)); });
  recall();
  open(location.hash.slice(1));
  apply();
})();
