/** Lays a grey heatmap over a picture: nothing where it is black, glowing where it is white. */
export function Heatmap({ source }: { source: string }) {
  return (
    <>
      <svg className="absolute size-0" aria-hidden>
        <filter id="heat" colorInterpolationFilters="sRGB">
          {/* The grey becomes the opacity too, … */}
          <feColorMatrix values="1 0 0 0 0  1 0 0 0 0  1 0 0 0 0  1 0 0 0 0" />
          {/* … and goes from violet over red to yellow. */}
          <feComponentTransfer>
            <feFuncR type="table" tableValues="0.3 0.6 0.95 1 1" />
            <feFuncG type="table" tableValues="0.1 0.1 0.2 0.6 0.95" />
            <feFuncB type="table" tableValues="0.7 0.6 0.3 0.1 0.3" />
            <feFuncA type="table" tableValues="0 0.25 0.5 0.6 0.65" />
          </feComponentTransfer>
        </filter>
      </svg>
      <img
        src={source}
        alt=""
        className="absolute inset-0 size-full"
        style={{ filter: "url(#heat)" }}
      />
    </>
  );
}
