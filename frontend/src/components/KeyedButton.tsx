import type { ComponentProps } from "react";
import { useKey } from "@/api/key";
import { KeyDialog } from "./KeyDialog";
import { Button } from "./ui/Button";

type Props = Omit<ComponentProps<typeof Button>, "asChild"> & { onClick: () => void };

/** A button for what needs an API key: without one it asks for the key, then goes on. */
export function KeyedButton({ onClick, ...rest }: Props) {
  const key = useKey();
  if (key === null) return <KeyDialog trigger={<Button {...rest} />} onGiven={onClick} />;
  return (
    <KeyDialog
      trigger={
        <Button
          {...rest}
          // It opens no dialog now, but stays the same element: focus comes back to it.
          aria-haspopup={undefined}
          aria-expanded={undefined}
          aria-controls={undefined}
          onClick={(event) => {
            event.preventDefault();
            onClick();
          }}
        />
      }
    />
  );
}
