// The canvas's inspector as a sheet on a narrow screen.
import { useEffect, useRef, type RefObject } from "react";
import { Sheet } from "../sheet/sheet";

interface Props {
  sheet: RefObject<HTMLElement | null>;
  onClose(): void;
  /** Told once the sheet has another height. */
  onRest(): void;
}

export function SheetBar(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const el = props.sheet.current;
    if (!el) return;
    const { bar } = new Sheet(el, { room: () => el.offsetParent?.clientHeight ?? innerHeight, onClose: () => latest.current.onClose(), onRest: () => latest.current.onRest() });
    place.current?.append(bar);
    return () => bar.remove();
  }, [props.sheet]);
  return <div className="sg-sheet" ref={place} />;
}
